/* SPDX-License-Identifier: MIT
 *
 * RFC 9653: zero in place of a checksum, over a carrier that finds damage by itself.
 */
#include "script.h"

#define METHOD(number) PARAM(HW_PARAM_ZERO_CHECKSUM, U32(number))

static uint32_t sum_of(const struct seen *seen) {
    struct hw_header header;
    hw_header_parse(&header, (struct hawser_span){seen->packet->bytes, seen->packet->size});
    return header.checksum;
}

static void establish(struct script *s, struct hawser_span params, int64_t on) {
    start(s, .carrier = HAWSER_CARRIER_INTEGRITY, .params = params);
    set(s, ZERO_CHECKSUM, on);
    establish_active(s);
}

SCRIPT(rfc9653_5_1_offered, "RFC 9653 5.1", "who takes packets without checksums says so in INIT and INIT ACK, with method 1") {
    start(s, .carrier = HAWSER_CARRIER_INTEGRITY);
    set(s, ZERO_CHECKSUM, 1);
    connect_now(s, 1);
    struct hawser_span method = param_of(expect(s, INIT), HW_PARAM_ZERO_CHECKSUM);
    check_equal(method.size, 4);
    check_equal(hw_get32(method.data), 1);
}

SCRIPT(rfc9653_5_1_not_by_default, "RFC 9653 5.1, 7.1", "not offered by default") {
    start(s, .carrier = HAWSER_CARRIER_INTEGRITY);
    connect_now(s, 1);
    check(param_of(expect(s, INIT), HW_PARAM_ZERO_CHECKSUM).data == NULL);
}

SCRIPT(rfc9653_5_1_not_over_any_carrier, "RFC 9653 5.1, 6", "not offered over a carrier that finds no damage") {
    set(s, ZERO_CHECKSUM, 1);
    connect_now(s, 1);
    check(param_of(expect(s, INIT), HW_PARAM_ZERO_CHECKSUM).data == NULL);
}

SCRIPT(rfc9653_5_2_sent, "RFC 9653 5.2", "INIT and COOKIE ECHO have a checksum, all that follows has none") {
    start(s, .carrier = HAWSER_CARRIER_INTEGRITY, .params = METHOD(1));
    set(s, ZERO_CHECKSUM, 1);
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    check(sum_of(init) != 0);
    remember(s, init);
    inject(s, INIT_ACK());
    check(sum_of(expect(s, COOKIE_ECHO)) != 0);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    send_message(s, 0, 10, 0);
    check_equal(sum_of(expect(s, DATA)), 0);
    inject(s, SACK(.cum = 0));
    inject_by(s, WAY(.zero_sum = true), DATA(.tsn = 0));
    check_equal(sum_of(expect(s, SACK, .cum = 0)), 0);
    check_equal(COUNT(ZeroChecksums), 1);
}

SCRIPT(rfc9653_5_3_both_are_taken, "RFC 9653 5.3", "who announced it takes right checksums as well, and wrong ones not") {
    establish(s, METHOD(1), 1);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject_by(s, WAY(.bad_sum = 1), DATA(.tsn = 1, .ssn = 1));
    expect_nothing(s);
    check_equal(COUNT(ChecksumErrors), 1);
}

SCRIPT(rfc9653_5_2_peer_did_not_announce, "RFC 9653 5.2 1", "a peer that did not announce it gets checksums; it may send none") {
    establish(s, NOTHING, 1);
    send_message(s, 0, 10, 0);
    check(sum_of(expect(s, DATA)) != 0);
    inject_by(s, WAY(.zero_sum = true), SACK(.cum = 0), DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc9653_5_2_other_method, "RFC 9653 4, 5.2 1", "a method that is not known: as if nothing was said") {
    establish(s, METHOD(2), 1);
    send_message(s, 0, 10, 0);
    check(sum_of(expect(s, DATA)) != 0);
}

SCRIPT(rfc9653_4_no_method, "RFC 9653 4", "a parameter of a wrong length: as if nothing was said") {
    establish(s, PARAM(HW_PARAM_ZERO_CHECKSUM, TEXT("x")), 1);
    send_message(s, 0, 10, 0);
    check(sum_of(expect(s, DATA)) != 0);
}

SCRIPT(rfc9653_5_3_not_announced, "RFC 9653 5.3", "who did not announce it drops packets without a checksum") {
    establish(s, METHOD(1), 0);
    inject_by(s, WAY(.zero_sum = true), DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(COUNT(ChecksumErrors), 1);
    send_message(s, 0, 10, 0);
    check(sum_of(expect(s, DATA)) != 0);
}

SCRIPT(rfc9653_5_2_cookie_echo_needs_one, "RFC 9653 5.2 1, 2", "INIT and COOKIE ECHO without a checksum are dropped") {
    start(s, .carrier = HAWSER_CARRIER_INTEGRITY, .params = METHOD(1));
    set(s, ZERO_CHECKSUM, 1);
    listen_now(s);
    inject_by(s, WAY(.zero_sum = true), INIT());
    expect_nothing(s);
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK);
    check(sum_of(ack) != 0);
    check_equal(param_of(ack, HW_PARAM_ZERO_CHECKSUM).size, 4);
    remember(s, ack);
    inject_by(s, WAY(.zero_sum = true), COOKIE_ECHO());
    expect_nothing(s);
    inject(s, COOKIE_ECHO());
    check_equal(sum_of(expect(s, COOKIE_ACK)), 0);
    inject_by(s, WAY(.zero_sum = true), DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc9653_5_3_out_of_the_blue, "RFC 9653 5.2 1 b, 5.3",
       "a SHUTDOWN ACK without a checksum is answered when its association is gone; the answer has one") {
    establish(s, METHOD(1), 1);
    reach_shutdown_sent(s);
    inject_by(s, WAY(.zero_sum = true), SHUTDOWN_ACK());
    check_equal(sum_of(expect(s, SHUTDOWN_COMPLETE, .t = 0)), 0);
    expect_ended(s, HAWSER_END_SHUTDOWN);
    inject_by(s, WAY(.zero_sum = true), SHUTDOWN_ACK());
    check(sum_of(expect(s, SHUTDOWN_COMPLETE, .t = 1)) != 0);
}

SCRIPT(rfc9653_5_3_over_another_carrier, "RFC 9653 5.2, 6",
       "a zero that came over a carrier which finds no damage is a wrong checksum, whatever was agreed on") {
    establish(s, METHOD(1), 1);
    s->plan.carrier = 0;
    inject_by(s, WAY(.zero_sum = true), DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(COUNT(ChecksumErrors), 1);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
}
