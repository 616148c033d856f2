/* SPDX-License-Identifier: MIT
 *
 * RFC 8899 beside other paths and other traffic: a black hole for large packets behind which everything else goes on.
 */
#include "script.h"

static struct hawser_path_status first(struct script *s) { return path_of(s, 1); }

SCRIPT(rfc8899_4_3_while_small_ones_pass, "RFC 8899 4.3; RFC 7829 3.2",
       "large packets vanish, small ones pass, and another path takes over each time: it is found out all the same") {
    set(s, PMTU_DISCOVERY, 1);
    set(s, PF_THRESHOLD, 0);
    start(s, .peer_addresses = 2, .heartbeats = true);
    establish_active(s);
    int64_t tsn = 0;
    send_message(s, 0, FULL, HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .tsn = tsn, .to = 0);
    advance(s, ms(20));
    inject(s, SACK(.cum = tsn++)); /* it did pass once */
    for (int i = 0; i < 3; i++) {
        check_equal(first(s).mtu, 1500);
        send_message(s, 0, 100, HAWSER_SEND_NO_DELAY);
        expect(s, DATA, .tsn = tsn, .to = 0);
        inject(s, SACK(.cum = tsn++));
        send_message(s, 0, FULL, HAWSER_SEND_NO_DELAY);
        expect(s, DATA, .tsn = tsn, .to = 0);
        wait_packet(s, sec(3));
        while (next_chunk(s) >= 0) {
            if (next_chunk(s) == HW_DATA) {
                expect(s, DATA, .tsn = tsn, .to = 1);
                inject_by(s, WAY(.from = 1), SACK(.cum = tsn++));
            } else {
                const struct seen *beat = expect(s, HEARTBEAT);
                if (first(s).mtu == 1500)
                    inject(s, HEARTBEAT_ACK(beat));
                else
                    skip_output(s); /* the probe */
            }
        }
    }
    check_equal(first(s).mtu, 1280);
    check_equal(COUNT(BlackHoles), 1);
    s->quiet_end = true;
}
