/* SPDX-License-Identifier: MIT
 *
 * RFC 4895 6.1 to 6.3 and RFC 6458 5.3.8, 6.1.8, 8.1.18, 8.3.3 to 8.3.5: shared keys, their numbers, their change and retirement.
 */
#include "auth.h"

#define OLD .id = 1, .secret = TEXT("old")
#define NEW .id = 2, .secret = TEXT("new")

static void has_event(struct script *s, uint32_t event, uint32_t id) {
    const struct hawser_item *item = expect_item(s, HAWSER_KEY_EVENT);
    check_equal(item->key.event, event);
    check_equal(item->key.id, id);
}

static void set_key(struct script *s, hawser_id id, uint16_t number, struct hawser_span secret) {
    check_equal(hawser_auth_set_key(s->stack, id, number, secret), 0);
}

/* An association in which both sides want DATA authenticated, with key 1 active and the null key deleted. */
static void establish(struct script *s) {
    auth_start(s, .chunks = BYTES(HW_DATA), .requires = BYTES(HW_DATA));
    set_key(s, s->endpoint, 1, TEXT("old"));
    check_equal(hawser_auth_activate(s->stack, s->endpoint, 1), 0);
    auth_establish_passive(s);
}

SCRIPT(rfc4895_6_2_null_key, "RFC 4895 6.2", "without shared keys: key 0, which is empty") {
    auth_start(s, .chunks = BYTES(HW_DATA));
    auth_establish_active(s);
    send_message(s, 0, 10, 0);
    expect_auth(s, .id = 0, .secret = NOTHING);
    expect_also(s, DATA);
}

SCRIPT(rfc4895_6_3_no_keys, "RFC 4895 6.3", "without shared keys any other key number is discarded silently") {
    auth_start(s);
    auth_establish_active(s);
    inject(s, PROVED_BY(HOW(.id = 1), DATA(.tsn = 0)));
    expect_nothing(s);
    check_equal(COUNT(AuthErrors), 1);
}

SCRIPT(rfc4895_6_3_by_number, "RFC 4895 6.3", "the key of the number that AUTH names, and no other") {
    establish(s);
    set_key(s, s->association, 2, TEXT("new"));
    inject(s, PROVED_BY(HOW(.id = 2, .secret = TEXT("old")), DATA(.tsn = 0)));
    inject(s, PROVED_BY(HOW(.id = 1, .secret = TEXT("new")), DATA(.tsn = 0)));
    inject(s, PROVED_BY(HOW(.id = 3, .secret = TEXT("new")), DATA(.tsn = 0)));
    inject(s, PROVED_BY(HOW(.id = 0, .secret = TEXT("old")), DATA(.tsn = 0)));
    expect_nothing(s);
    check_equal(COUNT(AuthErrors), 4);
    inject(s, PROVED_BY(HOW(NEW), DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
    inject(s, PROVED_BY(HOW(OLD), DATA(.tsn = 1, .ssn = 1)));
    inject(s, PROVED_BY(HOW(OLD), DATA(.tsn = 2, .ssn = 2)));
    expect(s, SACK, .cum = 2);
}

SCRIPT(rfc4895_9_null_key_deleted, "RFC 4895 9; RFC 6458 8.3.5", "the null key is believed until it is deleted") {
    establish(s);
    inject(s, PROVED(DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
    check_equal(hawser_auth_delete(s->stack, s->association, 0), HAWSER_ERR_STATE);
    check_equal(hawser_auth_deactivate(s->stack, s->association, 0), 0);
    check_equal(hawser_auth_delete(s->stack, s->association, 0), 0);
    inject(s, PROVED(DATA(.tsn = 1, .ssn = 1)));
    expect_nothing(s);
    check_equal(COUNT(AuthErrors), 1);
}

SCRIPT(rfc6458_8_1_18_active, "RFC 6458 8.1.18",
       "what is sent after activation goes by the new key, what was sent before by the old one, in packets of their own") {
    establish(s);
    set_key(s, s->association, 2, TEXT("new"));
    set(s, NO_DELAY, 1);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 10, 0);
    check_equal(hawser_auth_activate(s->stack, s->association, 2), 0);
    send_message(s, 0, 11, 0);
    script_pump(s);
    skip_output(s);
    s->next = 0;
    int seen = 0, by[64] = {0};
    for (size_t i = 0; i < s->sent_count; i++) {
        struct hw_cursor cursor = {s->sent[i].bytes + HW_HEADER_SIZE, s->sent[i].bytes + s->sent[i].size};
        struct hw_tlv chunk;
        int key = -1;
        while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM) {
            if (chunk.type == HW_AUTH)
                key = hw_get16(chunk.value.data);
            if (chunk.type == HW_DATA)
                by[seen++] = key;
        }
    }
    check_equal(seen, 3);
    check(by[0] == 1 && by[1] == 1 && by[2] == 2);
    skip_output(s);
}

SCRIPT(rfc6458_8_1_18_bundled, "RFC 6458 8.1.18, 5.3.8",
       "messages of different keys are not bundled, new or sent again; order is kept") {
    establish(s);
    set_key(s, s->association, 2, TEXT("new"));
    set(s, MAX_BURST, 0);
    set(s, NO_DELAY, 1);
    s->plan.a_rwnd = 1 << 20;
    check_equal(send_with(s, .text = "a", .flags = HAWSER_SEND_KEY, .key = 1), 0);
    expect_auth(s, OLD);
    expect_also(s, DATA, .tsn = 0);
    check_equal(send_with(s, .text = "b", .flags = HAWSER_SEND_KEY, .key = 2), 0);
    expect_auth(s, NEW);
    expect_also(s, DATA, .tsn = 1);
    check_equal(send_with(s, .text = "c", .flags = HAWSER_SEND_KEY, .key = 2), 0);
    expect_auth(s, NEW);
    expect_also(s, DATA, .tsn = 2);
    wait_packet(s, sec(2)); /* T3: all three are lost, one packet at a time */
    expect_auth(s, OLD);
    expect_also(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
    expect_auth(s, NEW);
    expect_also(s, DATA, .tsn = 1);
    expect_also(s, DATA, .tsn = 2);
}

SCRIPT(rfc6458_5_3_8_no_such_key, "RFC 6458 5.3.8, 8.3.4",
       "a message cannot be sent with a key that there is not, or that is deactivated") {
    establish(s);
    check_equal(send_with(s, .flags = HAWSER_SEND_KEY, .key = 9), HAWSER_ERR_KEY);
    check_equal(hawser_auth_deactivate(s->stack, s->association, 0), 0);
    check_equal(send_with(s, .flags = HAWSER_SEND_KEY, .key = 0), HAWSER_ERR_KEY);
    check_equal(hawser_auth_activate(s->stack, s->association, 0), HAWSER_ERR_KEY);
    check_equal(hawser_auth_activate(s->stack, s->association, 9), HAWSER_ERR_KEY);
    check_equal(hawser_auth_deactivate(s->stack, s->association, 9), HAWSER_ERR_KEY);
    check_equal(hawser_auth_delete(s->stack, s->association, 9), HAWSER_ERR_KEY);
}

SCRIPT(rfc6458_8_3_4_retirement, "RFC 6458 8.3.4, 8.3.5, 6.1.8",
       "a key that messages under way need is kept for them; then FREE_KEY, then it can be deleted") {
    establish(s);
    set_key(s, s->association, 2, TEXT("new"));
    check_equal(hawser_auth_deactivate(s->stack, s->association, 1), HAWSER_ERR_STATE); /* it is active */
    send_message(s, 0, 10, 0);
    expect_auth(s, OLD);
    expect_also(s, DATA, .tsn = 0);
    check_equal(hawser_auth_activate(s->stack, s->association, 2), 0);
    check_equal(hawser_auth_deactivate(s->stack, s->association, 1), 0);
    check_equal(hawser_auth_delete(s->stack, s->association, 1), HAWSER_ERR_STATE);
    expect_no_item(s);
    wait_packet(s, sec(2));
    expect_auth(s, OLD); /* sent again as it was */
    expect_also(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
    has_event(s, HAWSER_KEY_FREE, 1);
    inject(s, PROVED_BY(HOW(OLD), DATA(.tsn = 0))); /* what the peer still sends with it is good */
    expect(s, SACK, .cum = 0);
    check_equal(hawser_auth_delete(s->stack, s->association, 1), 0);
    skip_items(s);
    inject(s, PROVED_BY(HOW(OLD), DATA(.tsn = 1, .ssn = 1)));
    expect_nothing(s);
}

SCRIPT(rfc6458_8_3_4_unused, "RFC 6458 8.3.4",
       "a key that nothing needs is free at once; several are told one by one, also when deleted before they are consumed") {
    establish(s);
    set_key(s, s->association, 2, TEXT("new"));
    set_key(s, s->association, 3, TEXT("other"));
    check_equal(hawser_auth_deactivate(s->stack, s->association, 2), 0);
    check_equal(hawser_auth_deactivate(s->stack, s->association, 3), 0);
    check_equal(hawser_auth_deactivate(s->stack, s->association, 3), 0); /* twice is fine */
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    check_equal(item.type, HAWSER_KEY_EVENT);
    uint32_t first = item.key.id;
    check_equal(hawser_auth_delete(s->stack, s->association, (uint16_t)first), 0);
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    has_event(s, HAWSER_KEY_FREE, 5 - first);
    expect_no_item(s);
}

SCRIPT(rfc6458_8_3_5_never_told, "RFC 6458 8.3.5", "a key deleted before its end was shown is told of no more") {
    establish(s);
    set_key(s, s->association, 2, TEXT("new"));
    check_equal(hawser_auth_deactivate(s->stack, s->association, 2), 0);
    check_equal(hawser_auth_delete(s->stack, s->association, 2), 0);
    expect_no_item(s);
    inject(s, PROVED_BY(HOW(OLD), DATA(.tsn = 0)));
    expect(s, SACK);
}

SCRIPT(rfc6458_6_1_8_new_key, "RFC 6458 6.1.8", "NEW_KEY when the peer uses a key for the first time, before its message, once") {
    establish(s);
    set_key(s, s->association, 2, TEXT("new"));
    inject(s, PROVED_BY(HOW(NEW), DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
    has_event(s, HAWSER_KEY_NEW, 2);
    expect_message(s, .tsn = ANY);
    inject(s, PROVED_BY(HOW(NEW), DATA(.tsn = 1, .ssn = 1)));
    inject(s, PROVED_BY(HOW(NEW), DATA(.tsn = 2, .ssn = 2)));
    expect(s, SACK, .cum = 2);
    expect_message(s, .tsn = ANY);
    expect_message(s, .tsn = ANY);
    expect_no_item(s);
}

SCRIPT(rfc6458_8_3_3_replaced, "RFC 6458 8.3.3",
       "a key set again replaces the one of its number, both ways, and can be active again") {
    establish(s);
    set_key(s, s->association, 1, TEXT("another"));
    send_message(s, 0, 10, 0);
    expect_auth(s, .id = 1, .secret = TEXT("another"));
    expect_also(s, DATA);
    inject(s, PROVED_BY(HOW(OLD), DATA(.tsn = 0)));
    expect_nothing(s);
    check_equal(hawser_auth_deactivate(s->stack, s->association, 0), 0);
    set_key(s, s->association, 0, TEXT("was null"));
    check_equal(hawser_auth_activate(s->stack, s->association, 0), 0);
    set_key(s, s->association, 1, NOTHING);
    inject(s, PROVED_BY(HOW(.id = 1), DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
    skip_items(s);
}

SCRIPT(rfc6458_8_3_3_scope, "RFC 6458 8.3.3",
       "keys of an endpoint are those of its associations to come; an association's are its own") {
    establish(s);
    set_key(s, s->endpoint, 7, TEXT("later"));
    check_equal(hawser_auth_activate(s->stack, s->association, 7), HAWSER_ERR_KEY);
    check_equal(hawser_auth_deactivate(s->stack, s->endpoint, 0), 0);
    check_equal(hawser_auth_delete(s->stack, s->endpoint, 0), 0);
    inject(s, PROVED(DATA(.tsn = 0))); /* this one has its null key still */
    expect(s, SACK, .cum = 0);
    struct hawser_auth_status status = HAWSER_INIT(status);
    check_equal(hawser_auth_status(s->stack, s->endpoint, &status), 0);
    check_equal(status.active_key, 1);
    check_equal(status.required[0], 1);
}

SCRIPT(rfc4895_keys_limits, "RFC 4895 6.1", "at most HAWSER_KEYS_MAX keys of at most HAWSER_SECRET_MAX bytes") {
    auth_start(s);
    for (unsigned i = 1; i < HAWSER_KEYS_MAX; i++)
        set_key(s, s->endpoint, (uint16_t)i, FILL(HAWSER_SECRET_MAX, (int)i));
    check_equal(hawser_auth_set_key(s->stack, s->endpoint, 1000, NOTHING), HAWSER_ERR_LIMIT);
    check_equal(hawser_auth_set_key(s->stack, s->endpoint, 1, FILL(HAWSER_SECRET_MAX + 1, 0)), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_auth_set_key(s->stack, s->endpoint, 1, (struct hawser_span){NULL, 1}), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_auth_set_key(s->stack, 12345, 1, NOTHING), HAWSER_ERR_GONE);
    check_equal(hawser_auth_activate(s->stack, s->endpoint, 63), 0);
    auth_establish_passive(s);
    inject(s, PROVED_BY(HOW(.id = 63, .secret = FILL(HAWSER_SECRET_MAX, 63)), DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
    skip_items(s);
}

SCRIPT(rfc4895_keys_without_auth, "RFC 4895 6.1", "an association whose endpoint does not offer AUTH has no keys") {
    establish_active(s);
    check_equal(hawser_auth_set_key(s->stack, s->association, 1, NOTHING), HAWSER_ERR_UNSUPPORTED);
    check_equal(send_with(s, .flags = HAWSER_SEND_KEY, .key = 1), HAWSER_ERR_KEY);
    check_equal(send_with(s, .text = "x", .flags = HAWSER_SEND_KEY), 0);
    expect(s, DATA);
}

SCRIPT(rfc4895_keys_no_memory, "RFC 4895 6.1", "without memory a key is not set, and what was there stands") {
    establish(s);
    s->fail_after = 0;
    check_equal(hawser_auth_set_key(s->stack, s->association, 2, TEXT("new")), HAWSER_ERR_NO_MEMORY);
    check_equal(hawser_auth_set_key(s->stack, s->association, 1, TEXT("new")), HAWSER_ERR_NO_MEMORY);
    s->fail_after = -1;
    check_equal(hawser_auth_activate(s->stack, s->association, 2), HAWSER_ERR_KEY);
    inject(s, PROVED_BY(HOW(OLD), DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
    skip_items(s);
}

SCRIPT(rfc4895_setup_no_memory, "RFC 4895 6.1",
       "each allocation of a set-up with keys refused in turn: no association, or one that works") {
    auth_start(s, .requires = BYTES(HW_COOKIE_ECHO));
    set_key(s, s->endpoint, 1, TEXT("old"));
    bool came = false;
    s->fail_once = true;
    for (long i = 0; i < 40 && !came; i++) {
        get_cookie(s);
        auth_learn(s);
        s->fail_after = i;
        inject(s, PROVED_BY(HOW(OLD), COOKIE_ECHO()));
        s->fail_after = -1;
        came = COUNT(PassiveEstabs) != 0;
        if (!came)
            expect(s, ABORT, .cause = HW_CAUSE_OUT_OF_RESOURCE);
    }
    check(came);
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    skip_items(s);
    for (long i = 0; i < 40; i++) {
        struct hawser_connect_options to = {.size = sizeof to, .port = 7, .address_count = 1, .addresses = &s->peer[1]};
        hawser_id id;
        s->fail_after = i;
        int error = hawser_connect(s->stack, s->now, s->endpoint, &to, &id);
        s->fail_after = -1;
        if (!error) {
            check_equal(hawser_close(s->stack, s->now, id), 0);
            check(i > 5);
            break;
        }
        check_equal(error, HAWSER_ERR_NO_MEMORY);
    }
    script_pump(s);
    skip_output(s);
}
