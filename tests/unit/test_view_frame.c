/* SPDX-License-Identifier: MIT
 *
 * view/frame: the SCTP packet in frames of every link, behind tags and extension headers, in fragments, cut short, and not there.
 */
#include "test_view.h"

#define PAYLOAD "\x13\x88\x13\x89\x12\x34\xab\xcd\1\2\3\4\x0b\0\0\4"
#define PAYLOAD_SIZE 16u

struct bytes {
    uint8_t at[512];
    size_t size;
};

static void add(struct bytes *bytes, const void *data, size_t size) {
    memcpy(bytes->at + bytes->size, data, size);
    bytes->size += size;
}
static void add16(struct bytes *bytes, unsigned value) {
    hw_put16(bytes->at + bytes->size, (uint16_t)value);
    bytes->size += 2;
}
static void add_zeros(struct bytes *bytes, size_t size) {
    memset(bytes->at + bytes->size, 0, size);
    bytes->size += size;
}

static void add_ipv4(struct bytes *bytes, unsigned protocol, unsigned offset, size_t payload) {
    uint8_t header[20] = {0x45, [8] = 64, [12] = 10, 0, 0, 1, 10, 0, 0, 2};
    hw_put16(header + 2, (uint16_t)(20 + payload));
    hw_put16(header + 6, (uint16_t)offset);
    header[9] = (uint8_t)protocol;
    add(bytes, header, sizeof header);
}
static void add_ipv6(struct bytes *bytes, unsigned next, size_t payload) {
    uint8_t header[40] = {0x60, [7] = 64, 0x20, 1, [23] = 1, [24] = 0x20, 2, [39] = 2};
    hw_put16(header + 4, (uint16_t)payload);
    header[6] = (uint8_t)next;
    add(bytes, header, sizeof header);
}
static void add_udp(struct bytes *bytes, unsigned from, unsigned to, size_t payload) {
    add16(bytes, from);
    add16(bytes, to);
    add16(bytes, (unsigned)(8 + payload));
    add16(bytes, 0);
}
static void add_payload(struct bytes *bytes) { add(bytes, PAYLOAD, PAYLOAD_SIZE); }

static struct hawser_trace_record record;

/* The kind of the first `size` of the bytes, from memory of just that size; a frame of the length that all have. */
static int kind_of_first(const struct bytes *bytes, size_t size, uint32_t link) {
    static struct hawser_span copy;
    exact_free(copy); /* the last one: the record may be looked at meanwhile */
    copy = exact_copy(bytes->at, size);
    struct hawser_frame frame = {.number = 1, .link = link, .time = 99, .bytes = copy, .length = bytes->size};
    int kind = hawser_frame_packet(&frame, 9899, &record);
    assert_int_equal(record.type, HAWSER_TRACE_PACKET_IN);
    assert_int_equal(record.now, 99);
    if (kind == HAWSER_FRAME_OTHER || kind == HAWSER_FRAME_LINK)
        assert_int_equal(record.packet.length, 0);
    else
        assert_true(record.packet.data >= copy.data && record.packet.data + record.packet.length <= copy.data + size);
    return kind;
}

/* The whole is SCTP; every truncation is either cut within the packet or nothing. `header`: what lies in front of the packet. */
static void expect_sctp(const struct bytes *bytes, uint32_t link, size_t header) {
    for (size_t size = 0; size < header + PAYLOAD_SIZE; size++) {
        int kind = kind_of_first(bytes, size, link);
        assert_int_equal(kind, size < header ? HAWSER_FRAME_OTHER : HAWSER_FRAME_CUT);
        assert_int_equal(record.packet.length, size < header ? 0 : size - header);
    }
    assert_int_equal(kind_of_first(bytes, bytes->size, link), HAWSER_FRAME_SCTP);
    assert_int_equal(record.packet.length, PAYLOAD_SIZE);
    assert_memory_equal(record.packet.data, PAYLOAD, PAYLOAD_SIZE);
}

static void expect_ipv4_addresses(uint16_t from, uint16_t to) {
    struct hawser_address source = ipv4_address(1, from), destination = ipv4_address(2, to);
    assert_memory_equal(&record.packet.remote, &source, sizeof source);
    assert_memory_equal(&record.packet.local, &destination, sizeof destination);
}

static void every_link_with_ipv4(void **state) {
    (void)state;
    static const struct {
        uint32_t link;
        size_t header, type_at; /* where the Ethernet type stands, if at all */
    } links[] = {
        {HAWSER_LINK_NULL, 4, 0},    {HAWSER_LINK_LOOP, 4, 0},     {HAWSER_LINK_ETHERNET, 14, 12}, {HAWSER_LINK_COOKED, 16, 14},
        {HAWSER_LINK_COOKED2, 20, 0}, {HAWSER_LINK_RAW, 0, 0},      {HAWSER_LINK_RAW_OLD, 0, 0},    {HAWSER_LINK_RAW_BSD, 0, 0},
        {HAWSER_LINK_IPV4, 0, 0},
    };
    for (size_t i = 0; i < COUNT(links); i++) {
        struct bytes bytes = {.size = 0};
        add_zeros(&bytes, links[i].header);
        if (links[i].header > 4)
            hw_put16(bytes.at + links[i].type_at, 0x0800);
        add_ipv4(&bytes, 132, 0x4000, PAYLOAD_SIZE); /* DF is no fragment */
        add_payload(&bytes);
        expect_sctp(&bytes, links[i].link, links[i].header + 20);
        expect_ipv4_addresses(0, 0);
        if (links[i].header > 4) {
            hw_put16(bytes.at + links[i].type_at, 0x0806);
            assert_int_equal(kind_of_first(&bytes, bytes.size, links[i].link), HAWSER_FRAME_OTHER);
        }
    }
}

static void bare_sctp_and_links_that_are_not_known(void **state) {
    (void)state;
    struct bytes bytes = {.size = 0};
    add_payload(&bytes);
    expect_sctp(&bytes, HAWSER_LINK_SCTP, 0);
    assert_int_equal(record.packet.remote.family, HAWSER_NONE);
    assert_int_equal(kind_of_first(&bytes, bytes.size, 105), HAWSER_FRAME_LINK);
}

static void vlan_tags_and_ethernet_padding(void **state) {
    (void)state;
    struct bytes bytes = {.size = 0};
    add_zeros(&bytes, 12);
    add16(&bytes, 0x88A8);
    add16(&bytes, 5);
    add16(&bytes, 0x8100);
    add16(&bytes, 6);
    add16(&bytes, 0x0800);
    add_ipv4(&bytes, 132, 0, PAYLOAD_SIZE);
    add_payload(&bytes);
    expect_sctp(&bytes, HAWSER_LINK_ETHERNET, 42);
    add(&bytes, "padding", 7);
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_ETHERNET), HAWSER_FRAME_SCTP);
    assert_int_equal(record.packet.length, PAYLOAD_SIZE);
    assert_int_equal(kind_of_first(&bytes, bytes.size - 7, HAWSER_LINK_ETHERNET), HAWSER_FRAME_SCTP); /* only padding is cut */
}

static void in_udp_from_or_to_the_port(void **state) {
    (void)state;
    static const unsigned ports[3][2] = {{9899, 40000}, {40000, 9899}, {9899, 9899}};
    for (size_t i = 0; i < 3; i++) {
        struct bytes bytes = {.size = 0};
        add_ipv4(&bytes, 17, 0, 8 + PAYLOAD_SIZE);
        add_udp(&bytes, ports[i][0], ports[i][1], PAYLOAD_SIZE);
        add_payload(&bytes);
        expect_sctp(&bytes, HAWSER_LINK_RAW, 28);
        expect_ipv4_addresses((uint16_t)ports[i][0], (uint16_t)ports[i][1]);
        struct hawser_frame frame = {.link = HAWSER_LINK_RAW, .bytes = {bytes.at, bytes.size}, .length = bytes.size};
        assert_int_equal(hawser_frame_packet(&frame, 0, &record), HAWSER_FRAME_OTHER);
        assert_int_equal(hawser_frame_packet(&frame, 9898, &record), HAWSER_FRAME_OTHER);
    }
}

static void ipv4_options_and_wrong_headers(void **state) {
    (void)state;
    struct bytes bytes = {.size = 0};
    add_ipv4(&bytes, 132, 0, 4 + PAYLOAD_SIZE);
    add_zeros(&bytes, 4);
    add_payload(&bytes);
    bytes.at[0] = 0x46;
    expect_sctp(&bytes, HAWSER_LINK_RAW, 24);
    hw_put16(bytes.at + 2, 0); /* total length left to the card */
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_SCTP);
    bytes.at[0] = 0x44;
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_OTHER);
    bytes.at[0] = 0x4f;
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_OTHER);
    bytes.at[0] = 0x55;
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_OTHER);
    bytes.at[0] = 0x46;
    bytes.at[9] = 6;
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_OTHER);
    bytes.at[9] = 132;
    hw_put16(bytes.at + 2, 8); /* less than its header */
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_OTHER);
}

static void ipv6_and_its_extension_headers(void **state) {
    (void)state;
    struct bytes bytes = {.size = 0};
    static const uint8_t hop_by_hop[8] = {60}, options[16] = {43, 1}, routing[8] = {51}, authentication[16] = {44, 2},
                         fragment[8] = {132}; /* the last is an atomic fragment (RFC 6946): a whole packet */
    add_ipv6(&bytes, 0, 56 + PAYLOAD_SIZE);
    add(&bytes, hop_by_hop, 8);
    add(&bytes, options, 16);
    add(&bytes, routing, 8);
    add(&bytes, authentication, 16);
    add(&bytes, fragment, 8);
    add_payload(&bytes);
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_SCTP);
    assert_int_equal(record.packet.length, PAYLOAD_SIZE);
    for (size_t size = 0; size < bytes.size; size++) {
        int kind = kind_of_first(&bytes, size, HAWSER_LINK_RAW);
        assert_int_equal(kind, size < bytes.size - PAYLOAD_SIZE ? HAWSER_FRAME_OTHER : HAWSER_FRAME_CUT);
    }

    bytes.size = 0;
    add_ipv6(&bytes, 132, PAYLOAD_SIZE);
    add_payload(&bytes);
    expect_sctp(&bytes, HAWSER_LINK_IPV6, 40);
    assert_int_equal(record.packet.remote.family, HAWSER_IPV6);
    assert_int_equal(record.packet.remote.ip[15], 1);
    assert_int_equal(record.packet.local.ip[15], 2);

    bytes.size = 0;
    add_ipv6(&bytes, 17, 8 + PAYLOAD_SIZE);
    add_udp(&bytes, 1, 9899, PAYLOAD_SIZE);
    add_payload(&bytes);
    expect_sctp(&bytes, HAWSER_LINK_RAW, 48);
    bytes.at[6] = 59; /* nothing follows */
    assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_OTHER);
}

static void fragments_are_told_from_packets(void **state) {
    (void)state;
    static const unsigned offsets[] = {0x2000, 0x2001, 0x0001, 0x1fff};
    for (size_t i = 0; i < COUNT(offsets); i++) {
        struct bytes bytes = {.size = 0};
        add_ipv4(&bytes, 132, offsets[i], PAYLOAD_SIZE);
        add_payload(&bytes);
        assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_FRAGMENT);
        assert_int_equal(record.packet.length, PAYLOAD_SIZE);
        expect_ipv4_addresses(0, 0);

        bytes.size = 0; /* of UDP only the first has ports */
        add_ipv4(&bytes, 17, offsets[i], 8 + PAYLOAD_SIZE);
        add_udp(&bytes, 9899, 1, 1000);
        add_payload(&bytes);
        assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_FRAGMENT);
        hw_put16(bytes.at + 20, 53);
        int kind = kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW);
        assert_int_equal(kind, i == 0 ? HAWSER_FRAME_OTHER : HAWSER_FRAME_FRAGMENT);
    }
    for (unsigned first = 0; first < 2; first++) {
        struct bytes bytes = {.size = 0};
        const uint8_t header[8] = {132, 0, first ? 0 : 1, first ? 1 : 0};
        add_ipv6(&bytes, 44, 8 + PAYLOAD_SIZE);
        add(&bytes, header, 8);
        add_payload(&bytes);
        assert_int_equal(kind_of_first(&bytes, bytes.size, HAWSER_LINK_RAW), HAWSER_FRAME_FRAGMENT);
        assert_int_equal(record.packet.length, PAYLOAD_SIZE);
    }
}

static void noise_on_every_link(void **state) {
    (void)state;
    static const uint32_t links[] = {0, 1, 12, 14, 101, 108, 113, 228, 229, 248, 276, 105};
    uint64_t seed = 0x6672616d;
    for (int run = 0; run < 30000; run++) {
        struct bytes bytes = {.size = next_random(&seed) % 200};
        uint32_t link = links[run % (int)COUNT(links)];
        for (size_t i = 0; i < bytes.size; i++)
            bytes.at[i] = (uint8_t)(next_random(&seed) >> 24);
        if (bytes.size > 60 && run % 2) { /* so that it gets past the first look */
            static const uint8_t next[] = {0, 17, 43, 44, 51, 60, 132, 135};
            for (size_t i = 4; i < 60; i++)
                bytes.at[i] = next[bytes.at[i] % COUNT(next)];
            hw_put16(bytes.at + 12, run % 4 == 1 ? 0x0800 : 0x86DD);
            bytes.at[link == 1 ? 14 : link == 0 || link == 108 ? 4 : 0] = run % 4 == 1 ? 0x45 : 0x60;
        }
        kind_of_first(&bytes, bytes.size - (bytes.size > 8 ? next_random(&seed) % 8 : 0), link);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_with_ipv4),
        cmocka_unit_test(bare_sctp_and_links_that_are_not_known),
        cmocka_unit_test(vlan_tags_and_ethernet_padding),
        cmocka_unit_test(in_udp_from_or_to_the_port),
        cmocka_unit_test(ipv4_options_and_wrong_headers),
        cmocka_unit_test(ipv6_and_its_extension_headers),
        cmocka_unit_test(fragments_are_told_from_packets),
        cmocka_unit_test(noise_on_every_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
