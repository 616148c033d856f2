/* SPDX-License-Identifier: MIT
 *
 * view/params: what is said of each parameter (inside a HEARTBEAT) and of each cause (inside an ERROR).
 */
#include "test_view.h"

static const char *inside(uint8_t type, const uint8_t *bytes, size_t size) {
    uint8_t chunk[512] = {type, 0};
    hw_put16(chunk + 2, (uint16_t)(4 + size));
    hw_copy(chunk + 4, bytes, size);
    return text_of_chunks(chunk, 4 + size);
}

#define PARAM(expected, ...)                                                                                           \
    do {                                                                                                               \
        const uint8_t param_bytes[] = {__VA_ARGS__};                                                                   \
        assert_string_equal(inside(HW_HEARTBEAT, param_bytes, sizeof param_bytes), " | HEARTBEAT [" expected "]\n");   \
    } while (0)
#define CAUSE(expected, ...)                                                                                           \
    do {                                                                                                               \
        const uint8_t cause_bytes[] = {__VA_ARGS__};                                                                   \
        assert_string_equal(inside(HW_ERROR, cause_bytes, sizeof cause_bytes), " | ERROR [" expected "]\n");           \
    } while (0)

static void parameters(void **state) {
    (void)state;
    PARAM("IPv4 10.0.0.1", 0, 5, 0, 8, 10, 0, 0, 1);
    PARAM("IPv6 2001:db8::1", 0, 6, 0, 20, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    PARAM("IPv4 of wrong length (3 bytes)", 0, 5, 0, 7, 10, 0, 0);
    PARAM("IPv6 of wrong length (0 bytes)", 0, 6, 0, 4);
    PARAM("State Cookie 1 bytes, Heartbeat Info", 0, 7, 0, 5, 9, 0, 0, 0, 0, 1, 0, 4);
    PARAM("Cookie Preservative 1000 ms", 0, 9, 0, 8, 0, 0, 3, 232);
    PARAM("Cookie Preservative of wrong length (2 bytes)", 0, 9, 0, 6, 3, 232);
    PARAM("Host Name Address \"a.b\\x00\"", 0, 11, 0, 8, 'a', '.', 'b', 0);
    PARAM("Supported Address Types IPv4 IPv6 0x000b", 0, 12, 0, 10, 0, 5, 0, 6, 0, 11);
    PARAM("Supported Address Types IPv4 of odd length", 0, 12, 0, 7, 0, 5, 0);
    PARAM("Supported Extensions RE-CONFIG/0x63/FORWARD-TSN", 0x80, 8, 0, 7, 130, 99, 192);
    PARAM("Random 2 bytes, Chunk List DATA/ASCONF", 0x80, 2, 0, 6, 1, 2, 0, 0, 0x80, 3, 0, 6, 0, 193);
    PARAM("Requested HMAC Algorithm SHA-256/SHA-1/HMAC 2", 0x80, 4, 0, 10, 0, 3, 0, 1, 0, 2);
    PARAM("Requested HMAC Algorithm SHA-1 of odd length", 0x80, 4, 0, 7, 0, 1, 0);
    PARAM("Zero Checksum Acceptable 1", 0x80, 1, 0, 8, 0, 0, 0, 1);
    PARAM("ECN Capable, Forward TSN Supported", 0x80, 0, 0, 4, 0xc0, 0, 0, 4);
    PARAM("parameter 0x7fff 2 bytes: 01 02", 0x7f, 255, 0, 6, 1, 2);
    PARAM("parameter 0x7fff 0 bytes", 0x7f, 255, 0, 4);
    PARAM("Add IP Address #258 IPv4 10.0.0.1", 0xc0, 1, 0, 16, 0, 0, 1, 2, 0, 5, 0, 8, 10, 0, 0, 1);
    PARAM("Add IP Address #1 without an address", 0xc0, 1, 0, 8, 0, 0, 0, 1);
    PARAM("Delete IP Address of wrong length (3 bytes)", 0xc0, 2, 0, 7, 0, 0, 1);
    PARAM("Success Indication #7", 0xc0, 5, 0, 8, 0, 0, 0, 7);
    PARAM("Success Indication of wrong length (2 bytes)", 0xc0, 5, 0, 6, 0, 7);
    PARAM("Error Cause Indication #7 {Operation Refused Due to Resource Shortage}", 0xc0, 3, 0, 12, 0, 0, 0, 7, 0, 0xa1, 0, 4);
}

static void parameters_within_parameters_one_level_deep(void **state) {
    (void)state;
    PARAM("Unrecognized Parameter {Zero Checksum Acceptable 1}", 0, 8, 0, 12, 0x80, 1, 0, 8, 0, 0, 0, 1);
    PARAM("Unrecognized Parameter {Unrecognized Parameter 8 bytes}", 0, 8, 0, 16, 0, 8, 0, 12, 0, 8, 0, 8, 0, 8, 0, 4);
    PARAM("Unrecognized Parameter {}", 0, 8, 0, 4);
    PARAM("Unrecognized Parameter {parameter 0x0008: truncated (4 of 5 bytes)}", 0, 8, 0, 8, 0, 8, 0, 5);
}

static void what_is_no_parameter(void **state) {
    (void)state;
    PARAM("ECN Capable, 2 stray bytes", 0x80, 0, 0, 4, 1, 2);
    PARAM("parameter 0x8000: length 3, below its own header's", 0x80, 0, 0, 3);
    PARAM("parameter 0x8000: truncated (4 of 65535 bytes)", 0x80, 0, 255, 255);
}

static void causes(void **state) {
    (void)state;
    CAUSE("Invalid Stream Identifier 258", 0, 1, 0, 8, 1, 2, 0, 0);
    CAUSE("Invalid Stream Identifier of wrong length (2 bytes)", 0, 1, 0, 6, 1, 2);
    CAUSE("Unsupported HMAC Identifier SHA-256", 1, 5, 0, 6, 0, 3);
    CAUSE("Missing Mandatory Parameter: State Cookie, 0x7fff", 0, 2, 0, 12, 0, 0, 0, 2, 0, 7, 0x7f, 0xff);
    CAUSE("Missing Mandatory Parameter of wrong length (4 bytes)", 0, 2, 0, 8, 255, 255, 255, 255);
    CAUSE("Missing Mandatory Parameter of wrong length (0 bytes)", 0, 2, 0, 4);
    CAUSE("Stale Cookie 500 us", 0, 3, 0, 8, 0, 0, 1, 244);
    CAUSE("Out of Resource 2 bytes", 0, 4, 0, 6, 1, 2);
    CAUSE("Out of Resource, Invalid Mandatory Parameter", 0, 4, 0, 4, 0, 7, 0, 4);
    CAUSE("Unresolvable Address {Host Name Address \"a\"}", 0, 5, 0, 9, 0, 11, 0, 5, 'a', 0, 0, 0);
    CAUSE("Unrecognized Chunk Type 63 4 bytes", 0, 6, 0, 8, 63, 0, 0, 4);
    CAUSE("Unrecognized Chunk Type 130 (RE-CONFIG) 4 bytes", 0, 6, 0, 8, 130, 0, 0, 4);
    CAUSE("Unrecognized Chunk Type, which it does not hold", 0, 6, 0, 4);
    CAUSE("Unrecognized Parameters {ECN Capable, ECN Capable}", 0, 8, 0, 12, 0x80, 0, 0, 4, 0x80, 0, 0, 4);
    CAUSE("No User Data 7", 0, 9, 0, 8, 0, 0, 0, 7);
    CAUSE("Cookie Received While Shutting Down", 0, 10, 0, 4);
    CAUSE("Restart of an Association with New Addresses {IPv4 10.0.0.1}", 0, 11, 0, 12, 0, 5, 0, 8, 10, 0, 0, 1);
    CAUSE("User-Initiated Abort \"\"", 0, 12, 0, 4);
    CAUSE("Protocol Violation \"no\"", 0, 13, 0, 6, 'n', 'o');
    CAUSE("cause 0x00fe 1 bytes: 09", 0, 254, 0, 5, 9);
    CAUSE("cause 0x0001: truncated (4 of 5 bytes)", 0, 1, 0, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters),
        cmocka_unit_test(parameters_within_parameters_one_level_deep),
        cmocka_unit_test(what_is_no_parameter),
        cmocka_unit_test(causes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
