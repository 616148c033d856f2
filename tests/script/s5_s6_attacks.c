/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 5.1.2 and 6.5 to 6.9: what was found by looking for ways to harm: fragments that can never be completed, and
 * addresses of a family that is not used.
 */
#include "script.h"

/* The stack gives up, and says why with its last packet. */
static void refused(struct script *s) {
    skip_output(s);
    s->next--;
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(s6_5_a_middle_on_an_invalid_stream, "6.5, 6.9, bad input",
       "a message whose middle comes on a stream that does not exist could never be whole: a violation, in any order") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .flags = B));
    inject(s, DATA(.tsn = 1, .flags = 0, .stream = 900));
    refused(s);
}

SCRIPT(s6_5_a_middle_on_an_invalid_stream_first, "6.5, 6.9, bad input",
       "a message whose middle comes on a stream that does not exist could never be whole: a violation, in any order") {
    establish_passive(s);
    inject(s, DATA(.tsn = 1, .flags = 0, .stream = 900));
    inject(s, DATA(.tsn = 0, .flags = B));
    refused(s);
}

SCRIPT(s6_5_an_end_after_an_invalid_stream, "6.5, 6.9, bad input",
       "a message whose middle comes on a stream that does not exist could never be whole: a violation, in any order") {
    establish_passive(s);
    inject(s, DATA(.tsn = 2, .flags = E));
    inject(s, DATA(.tsn = 1, .flags = 0, .stream = 900));
    refused(s);
}

SCRIPT(s6_5_a_whole_message_on_an_invalid_stream, "6.5, 6.9",
       "a message in fragments, all on a stream that does not exist, is acknowledged and discarded; others around it are read") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .flags = B));
    inject(s, DATA(.tsn = 1, .flags = E));
    inject(s, DATA(.tsn = 3, .flags = 0, .stream = 900));
    inject(s, DATA(.tsn = 2, .flags = B, .stream = 900));
    inject(s, DATA(.tsn = 4, .flags = E, .stream = 900));
    inject(s, DATA(.tsn = 5, .ssn = 1, .flags = B));
    inject(s, DATA(.tsn = 6, .ssn = 1, .flags = E));
    expect_message(s, .ssn = 0, .size = 200);
    expect_message(s, .ssn = 1, .size = 200);
    skip_output(s);
    advance(s, ms(500));
    skip_output(s);
    expect_state(s, ESTABLISHED);
    inject(s, DATA(.tsn = 7, .ssn = 2));
    inject(s, DATA(.tsn = 8, .ssn = 3));
    expect(s, SACK, .cum = 8, .gap_count = 0);
    skip_items(s);
}

SCRIPT(s6_9_a_middle_without_a_beginning, "6.9, bad input",
       "a fragment that is no beginning right behind what was acknowledged belongs to nothing: a violation") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    inject(s, DATA(.tsn = 1, .flags = 0));
    refused(s);
}

SCRIPT(s6_9_an_end_as_the_first_chunk, "6.9, bad input",
       "a fragment that is no beginning right behind what was acknowledged belongs to nothing: a violation") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .flags = E));
    refused(s);
}

SCRIPT(s6_9_a_beginning_before_the_end, "6.9, bad input",
       "a message that lacks its end where another begins could never be whole: a violation, in any order") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .flags = B));
    inject(s, DATA(.tsn = 2, .ssn = 1));
    inject(s, DATA(.tsn = 1, .flags = 0));
    refused(s);
}

SCRIPT(s6_9_a_middle_behind_what_was_read, "6.9, bad input",
       "a fragment behind a whole unordered message that was delivered over a gap belongs to nothing: a violation") {
    establish_passive(s);
    inject(s, DATA(.tsn = 1, .flags = B | E | U));
    expect_message(s);
    inject(s, DATA(.tsn = 2, .flags = 0));
    refused(s);
}

SCRIPT(s6_9_large_message_with_its_ends_last, "6.9", "fragments in the worst order still make one message") {
    static const int order[] = {3, 1, 4, 2, 0, 5};
    establish_passive(s);
    for (int i = 0; i < 6; i++)
        inject(s, DATA(.tsn = order[i], .flags = order[i] == 0 ? B : order[i] == 5 ? E : 0));
    expect_message(s, .size = 600);
    skip_output(s);
}

SCRIPT(s5_1_2_a_family_that_is_off, "5.1.2, 8.4 3",
       "an INIT over a family of addresses that the endpoint does not use is refused as where nobody listens") {
    start(s, .local_addresses = 0);
    set(s, IPV4, 0);
    listen_now(s);
    inject(s, INIT(.tag = 77));
    expect(s, ABORT, .tag = 77, .t = 0, .cause = 0);
    struct hawser_address from = script_ipv6(0xb000, 1, 0), to = script_ipv6(0xa000, 1, 0);
    inject_by(s, WAY(.remote = &from, .local = &to), INIT(.tag = 77));
    expect(s, INIT_ACK, .tag = 77);
}
