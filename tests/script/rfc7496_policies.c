/* SPDX-License-Identifier: MIT
 *
 * RFC 7496: limited retransmissions, priorities, and what was given up in numbers; usrsctp's buffer policy.
 */
#include "script.h"

static void open_partial(struct script *s) {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING));
    establish_active(s);
}

#define LIMITED(times, ...) \
    check_equal(send_with(s, .policy = HAWSER_POLICY_LIMITED, .value = times, .flags = HAWSER_SEND_NO_DELAY, __VA_ARGS__), 0)

static struct hawser_pr_status pr_status(struct script *s, uint32_t stream, uint32_t policy) {
    struct hawser_pr_status status = HAWSER_INIT(status);
    check_equal(hawser_pr_status(s->stack, s->association, stream, policy, &status), 0);
    return status;
}

/* ---- 3.1 -------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc7496_3_1_timer, "RFC 7496 3.1", "after so many retransmissions by T3 the message is abandoned, in place of the next") {
    open_partial(s);
    LIMITED(2, .stream = 1);
    expect(s, DATA, .tsn = 0);
    for (int i = 0; i < 2; i++) {
        wait_packet(s, sec(10));
        expect(s, DATA, .tsn = 0);
    }
    check_equal(wait_packet(s, sec(10)), sec(4)); /* RTO and windows as ever */
    expect(s, FORWARD_TSN, .cum = 0, .skip_count = 1, .skips = {{1, 0}});
    check_equal(path_of(s, 1).rto, sec(8));
    inject(s, SACK(.cum = 0));
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_ABANDONED, .begun = 1);
}

SCRIPT(rfc7496_3_1_zero, "RFC 7496 3.1", "a limit of 0: abandoned when it would be sent again for the first time") {
    open_partial(s);
    LIMITED(0, .stream = 1);
    expect(s, DATA, .tsn = 0);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    inject(s, SACK(.cum = 0));
    skip_items(s);
}

SCRIPT(rfc7496_3_1_fast_counts, "RFC 7496 3.1", "fast retransmissions count like those by T3") {
    open_partial(s);
    LIMITED(1, .stream = 1);
    for (int i = 0; i < 4; i++)
        check_equal(send_with(s, .stream = 2, .flags = HAWSER_SEND_NO_DELAY), 0);
    skip_output(s);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = -1, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = -1, .gaps = {{2, 5}}));
    expect_no_item(s);
    wait_packet(s, sec(5));
    expect(s, FORWARD_TSN, .cum = 0);
    inject(s, SACK(.cum = 4));
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_ABANDONED);
}

SCRIPT(rfc7496_3_1_any_chunk, "RFC 7496 3.1", "any chunk of a message that would pass the limit takes all of it along") {
    open_partial(s);
    LIMITED(0, .stream = 1, .size = 3 * FULL);
    expect_data_packets(s, 0, 3, FULL);
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    wait_packet(s, sec(5));
    expect(s, FORWARD_TSN, .cum = 2);
    inject(s, SACK(.cum = 2));
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_ABANDONED, .sent = 3 * FULL);
}

SCRIPT(rfc7496_3_1_thresholds, "RFC 7496 3.1, 8.1",
       "the limit does not touch Association.Max.Retrans: an unanswered peer is gone in the end") {
    set(s, ASSOCIATION_MAX_RETRANS, 2);
    open_partial(s);
    LIMITED(100, .stream = 1);
    advance(s, sec(20));
    skip_output(s);
    expect_item(s, HAWSER_SEND_FAILED, .reason = 0);
    expect_ended(s, HAWSER_END_LOST);
    s->quiet_end = true;
}

/* ---- 3.2 -------------------------------------------------------------------------------------------------------- */

#define PRIORITY(value_, ...) send_with(s, .policy = HAWSER_POLICY_PRIORITY, .value = value_, .size = 1000, __VA_ARGS__)
#define expect_gave_way(number) \
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_ABANDONED, .begun = 0, .sent = 0, .context = number)

/* The window is full, and the send buffer takes few messages of 1000 bytes more. */
static void fill_window(struct script *s) {
    open_partial(s);
    check_equal(send_with(s, .size = 4 * FULL, .stream = 0), 0);
    skip_output(s);
    set(s, SEND_BUFFER, status_of(s).queued_bytes + 4000);
}

SCRIPT(rfc7496_3_2_lower_gives_way, "RFC 7496 3.2",
       "when the buffer is full messages of a lower priority give way, the lowest first") {
    fill_window(s);
    check_equal(PRIORITY(5, .stream = 1, .context = 1), 0);
    check_equal(PRIORITY(9, .stream = 2, .context = 2), 0);
    check_equal(PRIORITY(7, .stream = 3, .context = 3), 0);
    expect_no_item(s);
    check_equal(PRIORITY(6, .stream = 4, .context = 4), 0);
    expect_gave_way(2);
    check_equal(PRIORITY(5, .stream = 4, .context = 5), 0);
    expect_gave_way(3);
    check_equal(PRIORITY(6, .stream = 4, .context = 6), HAWSER_ERR_WOULD_BLOCK);
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(rfc7496_3_2_reliable_is_higher, "RFC 7496 3.2",
       "reliable messages have a higher priority than all others: they never give way") {
    fill_window(s);
    for (int i = 0; i < 3; i++)
        check_equal(send_with(s, .stream = 1, .size = 1000), 0);
    check_equal(PRIORITY(0, .stream = 1), HAWSER_ERR_WOULD_BLOCK);
    s->quiet_end = true;
}

SCRIPT(rfc7496_3_2_for_reliable, "RFC 7496 3.2", "the highest priority gives way to a reliable message") {
    fill_window(s);
    for (int i = 0; i < 3; i++)
        check_equal(PRIORITY(0, .stream = 1, .context = (uint64_t)i), 0);
    check_equal(send_with(s, .stream = 2, .size = 1000), 0);
    expect_gave_way(0);
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(rfc7496_3_2_not_for_nothing, "RFC 7496 3.2, design", "nothing gives way where that would not be enough") {
    fill_window(s);
    check_equal(PRIORITY(9, .stream = 1), 0);
    check_equal(send_with(s, .stream = 2, .size = 1000), 0);
    check_equal(send_with(s, .stream = 2, .size = 1000), 0);
    check_equal(send_with(s, .stream = 3, .size = 3000), HAWSER_ERR_WOULD_BLOCK);
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(rfc7496_3_2_sent, "RFC 7496 3.2", "what was sent gives way last: it may well have arrived") {
    open_partial(s);
    check_equal(PRIORITY(9, .stream = 1, .context = 1, .flags = HAWSER_SEND_NO_DELAY), 0);
    expect(s, DATA, .tsn = 0);
    check_equal(send_with(s, .size = 4 * FULL, .stream = 0), 0);
    int64_t sent = (int64_t)skip_output(s);
    set(s, SEND_BUFFER, status_of(s).queued_bytes + 2000);
    check_equal(PRIORITY(9, .stream = 2, .context = 2), 0);
    check_equal(PRIORITY(1, .stream = 3, .context = 3), 0);
    expect_gave_way(2);
    check_equal(PRIORITY(1, .stream = 4, .context = 4), 0);
    expect(s, FORWARD_TSN, .cum = 0, .skip_count = 1, .skips = {{1, 0}});
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_ABANDONED, .begun = 1, .sent = 1000, .context = 1);
    inject(s, SACK(.cum = sent));
    s->quiet_end = true;
}

SCRIPT(rfc7496_3_2_not_for_the_refused, "RFC 7496 3.2, design",
       "nothing gives way to a message that is refused for another reason") {
    fill_window(s);
    for (int i = 0; i < 3; i++)
        check_equal(PRIORITY(9, .stream = 1), 0);
    check_equal(PRIORITY(1, .stream = 2, .flags = HAWSER_SEND_KEY, .key = 7), HAWSER_ERR_KEY);
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(rfc7496_3_2_told_all_the_same, "RFC 7496 3.2, RFC 3758 3.5",
       "what gave way is told of with FORWARD TSN, even if there is no memory for what it gave way to") {
    open_partial(s);
    check_equal(PRIORITY(9, .stream = 1, .context = 1, .flags = HAWSER_SEND_NO_DELAY), 0);
    expect(s, DATA, .tsn = 0);
    set(s, SEND_BUFFER, status_of(s).queued_bytes + 500);
    script_pump(s);
    s->fail_after = 0;
    check_equal(PRIORITY(1, .stream = 2), HAWSER_ERR_NO_MEMORY);
    s->fail_after = -1;
    script_pump(s);
    expect(s, FORWARD_TSN, .cum = 0, .skip_count = 1, .skips = {{1, 0}});
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_ABANDONED, .begun = 1, .sent = 1000, .context = 1);
    inject(s, SACK(.cum = 0));
}

SCRIPT(rfc7496_3_2_not_negotiated, "RFC 7496 3.2, RFC 3758 3.3.3", "without the peer's support every message is reliable") {
    establish_active(s);
    check_equal(send_with(s, .size = 4 * FULL, .stream = 0), 0);
    skip_output(s);
    set(s, SEND_BUFFER, status_of(s).queued_bytes + 2000);
    check_equal(PRIORITY(9, .stream = 1), 0);
    check_equal(PRIORITY(1, .stream = 1), HAWSER_ERR_WOULD_BLOCK);
    check_equal(send_with(s, .policy = HAWSER_POLICY_BUFFER, .size = 1000), HAWSER_ERR_WOULD_BLOCK);
    expect_no_item(s);
    s->quiet_end = true;
}

/* ---- usrsctp's -------------------------------------------------------------------------------------------------- */

SCRIPT(buffer_policy_oldest, "RFC 7496 3.2, usrsctp",
       "buffer policy: the oldest messages give way, in any stream, to any other") {
    fill_window(s);
    for (int i = 0; i < 3; i++)
        check_equal(send_with(s, .policy = HAWSER_POLICY_BUFFER, .size = 1000, .stream = i, .context = (uint64_t)i), 0);
    for (int i = 3; i < 6; i++) {
        check_equal(send_with(s, .policy = HAWSER_POLICY_BUFFER, .size = 1000, .stream = 1, .context = (uint64_t)i), 0);
        expect_gave_way(i - 3);
    }
    check_equal(send_with(s, .size = 1000), 0);
    expect_gave_way(3);
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(buffer_is_over, "RFC 3758 4.1 TR5", "in a full buffer messages whose time has passed go first") {
    fill_window(s);
    check_equal(send_with(s, .policy = HAWSER_POLICY_BUFFER, .size = 1000, .context = 1), 0);
    check_equal(send_with(s, .policy = HAWSER_POLICY_TIMED, .lifetime = ms(10), .size = 1000, .context = 2), 0);
    check_equal(send_with(s, .policy = HAWSER_POLICY_TIMED, .lifetime = sec(10), .size = 1000, .context = 3), 0);
    advance(s, ms(20));
    check_equal(send_with(s, .size = 1000), 0);
    expect_gave_way(2);
    expect_no_item(s);
    s->quiet_end = true;
}

/* ---- 4 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc7496_4_3_counters, "RFC 7496 4.3, 4.4",
       "abandoned messages are counted by stream and policy, sent and unsent; fragments do not count") {
    open_partial(s);
    LIMITED(0, .stream = 1, .size = 2 * FULL);
    check_equal(send_with(s, .policy = HAWSER_POLICY_TIMED, .lifetime = ms(100), .stream = 2, .size = 5 * FULL), 0);
    check_equal(send_with(s, .policy = HAWSER_POLICY_TIMED, .lifetime = ms(100), .stream = 2), 0);
    check_equal(send_with(s, .lifetime = ms(100), .stream = 2, .context = 4), 0); /* RFC 9260's lifetime is no policy */
    advance(s, sec(1));
    skip_output(s);
    struct hawser_pr_status status = pr_status(s, 1, HAWSER_POLICY_LIMITED);
    check(status.abandoned_sent == 1 && status.abandoned_unsent == 0);
    status = pr_status(s, 1, HAWSER_POLICY_TIMED);
    check(status.abandoned_sent == 0 && status.abandoned_unsent == 0);
    status = pr_status(s, 2, HAWSER_POLICY_TIMED);
    check(status.abandoned_sent == 1 && status.abandoned_unsent == 1);
    status = pr_status(s, 2, HAWSER_POLICY_RELIABLE);
    check(status.abandoned_sent == 1 && status.abandoned_unsent == 1);
    status = pr_status(s, HAWSER_STREAMS_ALL, HAWSER_POLICY_RELIABLE);
    check(status.abandoned_sent == 2 && status.abandoned_unsent == 1);
    status = pr_status(s, 3, HAWSER_POLICY_RELIABLE);
    check(status.abandoned_sent == 0 && status.abandoned_unsent == 0);
    check_equal(hawser_pr_status(s->stack, s->association, 10, HAWSER_POLICY_TIMED, &status), HAWSER_ERR_STREAM);
    check_equal(hawser_pr_status(s->stack, s->association, 1, HAWSER_POLICY_COUNT, &status), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_pr_status(s->stack, 12345, 1, HAWSER_POLICY_TIMED, &status), HAWSER_ERR_GONE);
    s->quiet_end = true;
    check_equal(skip_items(s), 4);
}

SCRIPT(rfc7496_4_2_unknown_policy, "RFC 7496 4.2", "an unknown policy is refused") {
    open_partial(s);
    check_equal(send_with(s, .policy = HAWSER_POLICY_COUNT), HAWSER_ERR_ARGUMENT);
}

SCRIPT(rfc7496_4_5_setting, "RFC 7496 4.5", "the extension can be switched before an association is made, not after") {
    open_partial(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PARTIAL_RELIABILITY, 0), HAWSER_ERR_READ_ONLY);
}
