/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 11, further: settings of single paths, buffers of every size, and errors that take some doing.
 */
#include "auth.h"

/* ---- settings of a path ---------------------------------------------------------------------------------------------- */

static int64_t value_at(struct script *s, uint32_t path, int setting) {
    int64_t value = -1;
    check_equal(hawser_get(s->stack, s->association, path, setting, &value), 0);
    return value;
}

SCRIPT(s11_1_settings_of_one_path, "11.1.1, 11.1.10, 11.1.12",
       "every setting of a path is its own: set for one it reads back there, the other keeps what it has; one for all is all's") {
    start(s, .peer_addresses = 2);
    establish_active(s);
    unsigned count = 0;
    for (int row = 0; row < HAWSER_SETTING_COUNT; row++) {
        const struct hawser_setting_info *info = hawser_setting_info(row);
        if (info->scope[0] != 'P' || info->number == HAWSER_SET_PF_THRESHOLD || info->number == HAWSER_SET_PRIMARY_SWITCHOVER)
            continue; /* those two have bounds in each other */
        int64_t before = value_at(s, 2, info->number), all = value_at(s, 0, info->number);
        int64_t value = before < info->max ? before + 1 : before - 1;
        check_equal(hawser_set(s->stack, s->now, s->association, 1, info->number, value), 0);
        if (value_at(s, 1, info->number) != value || value_at(s, 2, info->number) != before ||
            value_at(s, 0, info->number) != all)
            FAIL("%s of path 1 is not its own", info->name);
        check_equal(hawser_set(s->stack, s->now, s->association, 0, info->number, before), 0);
        if (value_at(s, 1, info->number) != before || value_at(s, 2, info->number) != before)
            FAIL("%s is not that of all paths", info->name);
        count++;
    }
    check(count >= 7);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_PATH_MAX_RETRANS, 9), 0);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_PF_THRESHOLD, 7), 0);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_PRIMARY_SWITCHOVER, 8), 0);
    check_equal(value_at(s, 1, HAWSER_SET_PF_THRESHOLD), 7);
    check_equal(value_at(s, 1, HAWSER_SET_PRIMARY_SWITCHOVER), 8);
    check(value_at(s, 2, HAWSER_SET_PF_THRESHOLD) != 7);
    check(value_at(s, 2, HAWSER_SET_PRIMARY_SWITCHOVER) != 8);
    int64_t value;
    check_equal(hawser_get(s->stack, s->association, 3, HAWSER_SET_HB_INTERVAL, &value), HAWSER_ERR_PATH);
    s->unjudged = s->quiet_end = true;
}

/* ---- errors ------------------------------------------------------------------------------------------------------------ */

SCRIPT(s11_1_1_no_port_is_left, "11.1.1, RFC 6335 6",
       "when all dynamic ports are taken hawser_open says PORT; one that is closed is free again") {
    enum { PORTS = 65536 - 49152 };
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    hawser_id *ids = (hawser_id *)(void *)script_bytes(s, PORTS * sizeof *ids), one_more = 0;
    for (unsigned i = 0; i < PORTS; i++)
        check_equal(hawser_open(s->stack, &options, &ids[i]), 0);
    check_equal(hawser_open(s->stack, &options, &one_more), HAWSER_ERR_PORT);
    uint16_t port = hawser_port(s->stack, ids[4711]);
    check_equal(hawser_close(s->stack, s->now, ids[4711]), 0);
    check_equal(hawser_open(s->stack, &options, &ids[4711]), 0);
    check_equal(hawser_port(s->stack, ids[4711]), port);
    for (unsigned i = 0; i < PORTS; i++)
        check_equal(hawser_close(s->stack, s->now, ids[i]), 0);
}

SCRIPT(s11_1_1_addresses_of_an_endpoint, "11.1.1, RFC 6458 9.1, bad input",
       "hawser_add_address on an endpoint: IN_USE, LIMIT, NO_MEMORY; without memory for fewer none goes") {
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    hawser_id one = 0, other = 0;
    struct hawser_address many[HAWSER_ADDRESSES_MAX + 1];
    for (unsigned i = 0; i <= HAWSER_ADDRESSES_MAX; i++)
        many[i] = script_ipv4(10, 1, i, 1, 0);
    options.port = 7;
    options.address_count = 1;
    options.addresses = &many[1];
    check_equal(hawser_open(s->stack, &options, &other), 0);
    options.addresses = &many[0];
    check_equal(hawser_open(s->stack, &options, &one), 0);
    check_equal(hawser_add_address(s->stack, s->now, one, &many[1]), HAWSER_ERR_IN_USE);
    check_equal(hawser_close(s->stack, s->now, other), 0);
    for (unsigned i = 1; i < HAWSER_ADDRESSES_MAX; i++) {
        s->fail_after = 0;
        check_equal(hawser_add_address(s->stack, s->now, one, &many[i]), HAWSER_ERR_NO_MEMORY);
        s->fail_after = -1;
        check_equal(hawser_add_address(s->stack, s->now, one, &many[i]), 0);
    }
    check_equal(hawser_add_address(s->stack, s->now, one, &many[HAWSER_ADDRESSES_MAX]), HAWSER_ERR_LIMIT);
    s->fail_after = 0;
    check_equal(hawser_remove_address(s->stack, s->now, one, &many[3]), HAWSER_ERR_NO_MEMORY);
    s->fail_after = -1;
    check_equal(hawser_add_address(s->stack, s->now, one, &many[3]), HAWSER_ERR_EXISTS);
    check_equal(hawser_remove_address(s->stack, s->now, one, &many[3]), 0);
    check_equal(hawser_add_address(s->stack, s->now, one, &many[HAWSER_ADDRESSES_MAX]), 0);
    check_equal(hawser_close(s->stack, s->now, one), 0);
}

SCRIPT(s11_1_2_connect_to_a_family_that_is_off, "11.1.2, bad input",
       "hawser_connect: ADDRESS for a family that the endpoint does not speak") {
    set(s, IPV6, 0);
    script_open(s);
    struct hawser_address address = script_ipv6(0xb000, 1, 0);
    struct hawser_connect_options options = HAWSER_INIT(options);
    hawser_id id = 0;
    options.port = PEER_PORT;
    options.addresses = &address;
    options.address_count = 1;
    check_equal(hawser_connect(s->stack, s->now, s->endpoint, &options, &id), HAWSER_ERR_ADDRESS);
    expect_nothing(s);
}

SCRIPT(s11_bytes_that_are_not_there, "11.1.4, 11.1.5, bad input",
       "ARGUMENT for a size without bytes, TOO_BIG for more than there can be, and nothing has happened") {
    establish_active(s);
    const struct hawser_span none = {NULL, 5};
    check_equal(hawser_abort(s->stack, s->now, s->association, none), HAWSER_ERR_ARGUMENT);
    struct hawser_message message = HAWSER_INIT(message);
    struct hawser_span parts[2] = {TEXT("x"), none};
    message.parts = parts;
    message.part_count = 2;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), HAWSER_ERR_ARGUMENT);
    parts[1] = (struct hawser_span){parts[0].data, INT32_MAX};
    check_equal(hawser_send(s->stack, s->now, s->association, &message), HAWSER_ERR_TOO_BIG);
    parts[1].size = SIZE_MAX;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), HAWSER_ERR_TOO_BIG);
    check_equal(hawser_auth_status(s->stack, s->association, NULL), HAWSER_ERR_ARGUMENT);
    struct hawser_auth_status status = HAWSER_INIT(status);
    status.size--;
    check_equal(hawser_auth_status(s->stack, s->association, &status), HAWSER_ERR_ARGUMENT);
    script_pump(s);
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).queued_messages, 0);
}

SCRIPT(s11_streams_of_what_has_ended, "RFC 8260 4.3.3, bad input", "a stream's value: STATE once the association has ended") {
    establish_active(s);
    check_equal(hawser_set_stream_value(s->stack, s->association, 3, 9), 0);
    inject(s, ABORT(NOTHING));
    check_equal(hawser_set_stream_value(s->stack, s->association, 3, 8), HAWSER_ERR_STATE);
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

/* ---- pieces ------------------------------------------------------------------------------------------------------------ */

SCRIPT(s11_1_7_copy, "11.1.7", "hawser_copy: from any offset, over the bounds of pieces, as much as there is and as fits") {
    static const uint8_t text[] = "abcdefghij";
    struct hawser_piece pieces[4] = {
        {&pieces[1], text, 3}, {&pieces[2], text, 0}, {&pieces[3], text + 3, 4}, {NULL, text + 7, 3}};
    for (size_t offset = 0; offset <= 12; offset++)
        for (size_t most = 0; most <= 12; most++) {
            uint8_t out[13];
            memset(out, '-', sizeof out);
            size_t there = offset < 10 ? 10 - offset : 0, wanted = there < most ? there : most;
            check_equal(hawser_copy(pieces, offset, out, most), wanted);
            check(wanted == 0 || memcmp(out, text + offset, wanted) == 0);
            check_equal(out[wanted], '-');
        }
    check_equal(hawser_copy(NULL, 0, NULL, 0), 0);
}

/* ---- buffers ----------------------------------------------------------------------------------------------------------- */

static size_t speak_into(struct script *s, size_t capacity) {
    uint8_t buffer[HAWSER_PACKET_MAX];
    struct hawser_departure out = {.size = sizeof out, .buffer = buffer, .capacity = capacity, .segments_max = 1};
    memset(buffer, 0x5a, sizeof buffer);
    size_t size = hawser_output(s->stack, s->now, &out);
    check(size <= capacity);
    for (size_t i = capacity; i < sizeof buffer; i++)
        check(buffer[i] == 0x5a);
    return size;
}

SCRIPT(s6_9_packets_into_small_buffers, "6.9, RFC 4895 5.1, design",
       "into a buffer of 576 bytes goes whatever is to be said, AUTH before it or not, and no byte beyond it") {
    for (int auth = 0; auth < 2; auth++) {
        struct script *world = script_begin(auth ? "small buffers, AUTH" : "small buffers");
        s = world;
        if (auth) {
            auth_start(s, .chunks = BYTES(HW_DATA, HW_SACK, HW_HEARTBEAT, HW_ABORT, HW_SHUTDOWN, HW_ERROR));
            auth_establish_passive(s);
        } else
            establish_passive(s);
        struct hawser_span part = FILL(3000, 'x');
        struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1};
        check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
        check_equal(hawser_heartbeat(s->stack, s->now, s->association, 1), 0);
        unsigned count = 0;
        for (size_t capacity = 576; speak_into(s, capacity); capacity += 7)
            count++;
        check(count >= 4);
        check_equal(hawser_abort(s->stack, s->now, s->association, FILL(5000, 'r')), 0);
        check(speak_into(s, 576) > 0); /* the farewell, too */
        check_equal(speak_into(s, 576), 0);
        expect_ended(s, HAWSER_END_ABORTED);
        script_end(world);
    }
}
