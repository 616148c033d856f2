/* SPDX-License-Identifier: MIT
 *
 * RFC 4820: padding of packets and of INIT.
 */
#include "script.h"

SCRIPT(rfc4820_3_pad_is_discarded, "RFC 4820 3",
       "PAD is discarded, whatever its size, flags and contents; the other chunks are processed") {
    establish_passive(s);
    static const size_t sizes[] = {0, 1, 3, 4, 100, 1300};
    for (int i = 0; i < 6; i++) {
        inject(s, CHUNK(HW_PAD, i * 50, FILL(sizes[i], 0xaa)), DATA(.tsn = i, .ssn = i), CHUNK(HW_PAD, 0xff, FILL(20, 1)),
               CHUNK(HW_PAD, 0, NOTHING));
        expect_message(s, .ssn = i);
    }
    skip_output(s);
    inject(s, CHUNK(HW_PAD, 0, FILL(1000, 0)));
    expect_nothing(s);
    check_equal(COUNT(UnknownChunks), 0);
    expect_state(s, ESTABLISHED);
    s->quiet_end = true;
}

SCRIPT(rfc4820_3_pad_alone_acknowledges_nothing, "RFC 4820 3", "a PAD chunk moves no state and needs no answer, in any state") {
    establish_active(s);
    reach_shutdown_sent(s);
    inject(s, CHUNK(HW_PAD, 0, FILL(8, 0)));
    expect_nothing(s);
    expect_state(s, SHUTDOWN_SENT);
    s->quiet_end = true;
}

SCRIPT(rfc4820_4_pad_parameter, "RFC 4820 4",
       "the PAD parameter of an INIT is discarded in silence; the State Cookie does not depend on it") {
    listen_now(s);
    inject_by(s, WAY(.tag = 0), INIT());
    size_t plain = param_of(expect(s, INIT_ACK), HW_PARAM_COOKIE).size;
    inject_by(s, WAY(.tag = 0), INIT(.params = JOIN(PARAM(0x8005, FILL(300, 1)), PARAM(0x8005, FILL(200, 2)))));
    const struct seen *ack = expect(s, INIT_ACK);
    check_equal(param_of(ack, HW_PARAM_COOKIE).size, plain);
    check(param_of(ack, HW_PARAM_UNRECOGNIZED).data == NULL);
}
