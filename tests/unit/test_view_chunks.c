/* SPDX-License-Identifier: MIT
 *
 * view/chunks: what is said of each chunk, well-formed and not.
 */
#include "test_view.h"

#define SAYS(expected, ...)                                                                                            \
    do {                                                                                                               \
        const uint8_t chunk_bytes[] = {__VA_ARGS__};                                                                   \
        assert_string_equal(text_of_chunks(chunk_bytes, sizeof chunk_bytes), " | " expected "\n");                     \
    } while (0)

static void data(void **state) {
    (void)state;
    SAYS("DATA [BE, tsn 1, stream 2, ssn 3, ppid 4, 2 bytes]", 0, 3, 0, 18, 0, 0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 4, 'h',
         'i', 0, 0);
    SAYS("DATA [IUB, tsn 4294967295, stream 65535, ssn 65535, ppid 4294967295, 1 bytes]", 0, 14, 0, 17, 255, 255,
         255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    SAYS("DATA [tsn 1, stream 2, ssn 3, ppid 4, 0 bytes, flags 0x80: no user data]", 0, 0x80, 0, 16, 0, 0, 0, 1, 0,
         2, 0, 3, 0, 0, 0, 4);
    SAYS("DATA: too short (12 of 16 bytes)", 0, 3, 0, 12, 0, 0, 0, 1, 0, 2, 0, 3);
}

static void init(void **state) {
    (void)state;
    SAYS("INIT [tag 0x01020304, a_rwnd 1500, OS 10, MIS 65535, tsn 9]", 1, 0, 0, 20, 1, 2, 3, 4, 0, 0, 5, 220, 0, 10,
         255, 255, 0, 0, 0, 9);
    SAYS("INIT ACK [tag 0x01020304, a_rwnd 1500, OS 10, MIS 65535, tsn 9, flags 0x01, State Cookie 4 bytes, ECN Capable]",
         2, 1, 0, 32, 1, 2, 3, 4, 0, 0, 5, 220, 0, 10, 255, 255, 0, 0, 0, 9, 0, 7, 0, 8, 1, 2, 3, 4, 0x80, 0, 0, 4);
    SAYS("INIT: too short (4 of 20 bytes)", 1, 0, 0, 4);
    SAYS("INIT ACK: too short (19 of 20 bytes)", 2, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void sack(void **state) {
    (void)state;
    SAYS("SACK [cum 9, a_rwnd 256]", 3, 0, 0, 16, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0, 0, 0);
    SAYS("SACK [cum 9, a_rwnd 256, gaps +2-3 +5-5, dups 7 8]", 3, 0, 0, 32, 0, 0, 0, 9, 0, 0, 1, 0, 0, 2, 0, 2, 0, 2,
         0, 3, 0, 5, 0, 5, 0, 0, 0, 7, 0, 0, 0, 8);
    SAYS("SACK: too short (16 of 524296 bytes)", 3, 0, 0, 16, 0, 0, 0, 9, 0, 0, 1, 0, 255, 255, 255, 255);
    SAYS("SACK: too short (12 of 16 bytes)", 3, 0, 0, 12, 0, 0, 0, 9, 0, 0, 1, 0);
}

static void heartbeats_aborts_and_errors(void **state) {
    (void)state;
    SAYS("HEARTBEAT [Heartbeat Info 4 bytes]", 4, 0, 0, 12, 0, 1, 0, 8, 1, 2, 3, 4);
    SAYS("HEARTBEAT ACK [no Heartbeat Info]", 5, 0, 0, 4);
    SAYS("ABORT", 6, 0, 0, 4);
    SAYS("ABORT [T]", 6, 1, 0, 4);
    SAYS("ABORT [T, User-Initiated Abort \"bye\"]", 6, 1, 0, 11, 0, 12, 0, 7, 'b', 'y', 'e', 0);
    SAYS("ERROR [flags 0x01, No User Data 7]", 9, 1, 0, 12, 0, 9, 0, 8, 0, 0, 0, 7);
    SAYS("ERROR [Out of Resource]", 9, 0, 0, 8, 0, 4, 0, 4);
}

static void addresses(void **state) {
    (void)state;
    SAYS("ASCONF [serial 9, IPv4 192.0.2.1, Add IP Address #7 IPv4 192.0.2.2, Delete IP Address #8 without an "
         "address, Set Primary Address of wrong length (0 bytes)]",
         193, 0, 0, 44, 0, 0, 0, 9, 0, 5, 0, 8, 192, 0, 2, 1, 0xC0, 1, 0, 16, 0, 0, 0, 7, 0, 5, 0, 8, 192, 0, 2, 2, 0xC0, 2, 0, 8,
         0, 0, 0, 8, 0xC0, 4, 0, 4);
    SAYS("ASCONF-ACK [serial 9, Error Cause Indication #7 {Operation Refused Due to Resource Shortage {Add IP Address #7 IPv4 "
         "192.0.2.2}}, Success Indication #8]",
         128, 0, 0, 44, 0, 0, 0, 9, 0xC0, 3, 0, 28, 0, 0, 0, 7, 0, 0xA1, 0, 20, 0xC0, 1, 0, 16, 0, 0, 0, 7, 0, 5, 0, 8, 192, 0, 2,
         2, 0xC0, 5, 0, 8, 0, 0, 0, 8);
    SAYS("ASCONF-ACK: too short (4 of 8 bytes)", 128, 0, 0, 4);
}

static void the_end_and_the_cookie(void **state) {
    (void)state;
    SAYS("SHUTDOWN [cum 258]", 7, 0, 0, 8, 0, 0, 1, 2);
    SAYS("SHUTDOWN: too short (4 of 8 bytes)", 7, 0, 0, 4);
    SAYS("SHUTDOWN ACK", 8, 0, 0, 4);
    SAYS("SHUTDOWN COMPLETE [T]", 14, 1, 0, 4);
    SAYS("SHUTDOWN COMPLETE [flags 0x06, 4 bytes too many]", 14, 6, 0, 8, 1, 2, 3, 4);
    SAYS("COOKIE ECHO [3 bytes] | COOKIE ACK", 10, 0, 0, 7, 1, 2, 3, 0, 11, 0, 0, 4);
}

static void extensions_by_name_and_the_unknown_by_number(void **state) {
    (void)state;
    SAYS("AUTH [key 1, SHA-256, 3 bytes]", 15, 0, 0, 11, 0, 1, 0, 3, 9, 9, 9, 0);
    SAYS("AUTH [key 258, HMAC 9, 0 bytes, flags 0x01]", 15, 1, 0, 8, 1, 2, 0, 9);
    SAYS("AUTH: too short (4 of 8 bytes)", 15, 0, 0, 4);
    SAYS("FORWARD-TSN [cum 1]", 192, 0, 0, 8, 0, 0, 0, 1);
    SAYS("FORWARD-TSN [cum 1, skips 2:3 4:5]", 192, 0, 0, 16, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5);
    SAYS("I-FORWARD-TSN [cum 1, skips 2U:65539]", 194, 0, 0, 16, 0, 0, 0, 1, 0, 2, 0, 1, 0, 1, 0, 3);
    SAYS("I-DATA [UB, tsn 7, stream 258, mid 65536, ppid 9, 1 bytes]", 64, 6, 0, 21, 0, 0, 0, 7, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0,
         9, 'x');
    SAYS("I-DATA [E, tsn 8, stream 1, mid 2, fsn 3, 2 bytes]", 64, 1, 0, 22, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 'x',
         'y');
    SAYS("I-DATA: too short (5 of 20 bytes)", 64, 3, 0, 5, 0);
    SAYS("chunk type 63 [2 bytes, flags 0xff: ab cd]", 63, 255, 0, 6, 0xab, 0xcd);
    SAYS("chunk type 255 [0 bytes]", 255, 0, 0, 4);
    SAYS("chunk type 62 [18 bytes: 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 ...]", 62, 0, 0, 22, 1, 2, 3, 4,
         5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18);
}

static void reconfigurations(void **state) {
    (void)state;
    SAYS("RE-CONFIG [Outgoing SSN Reset Request 1 for 2 last tsn 3 all streams, Incoming SSN Reset Request 4 streams 5 6]", 130,
         0, 0, 32, 0, 13, 0, 16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 14, 0, 12, 0, 0, 0, 4, 0, 5, 0, 6);
    SAYS("RE-CONFIG [SSN/TSN Reset Request 7]", 130, 0, 0, 12, 0, 15, 0, 8, 0, 0, 0, 7);
    SAYS("RE-CONFIG [Re-configuration Response 7 Success - Performed sender's next tsn 8 receiver's next tsn 9]", 130, 0, 0, 24,
         0, 16, 0, 20, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 9);
    SAYS("RE-CONFIG [Re-configuration Response 7 In progress]", 130, 0, 0, 16, 0, 16, 0, 12, 0, 0, 0, 7, 0, 0, 0, 6);
    SAYS("RE-CONFIG [Re-configuration Response 7 result 256]", 130, 0, 0, 16, 0, 16, 0, 12, 0, 0, 0, 7, 0, 0, 1, 0);
    SAYS("RE-CONFIG [Add Outgoing Streams Request 1 258 streams, Add Incoming Streams Request 2 3 streams, flags 0x01]", 130, 1,
         0, 28, 0, 17, 0, 12, 0, 0, 0, 1, 1, 2, 0, 0, 0, 18, 0, 12, 0, 0, 0, 2, 0, 3, 0, 0);
    SAYS("RE-CONFIG [no parameter]", 130, 0, 0, 4);
    SAYS("RE-CONFIG [SSN/TSN Reset Request of wrong length (2 bytes)]", 130, 0, 0, 10, 0, 15, 0, 6, 1, 2);
    const uint8_t many[] = {130, 0, 0, 82, 0, 14, 0, 78, 0, 0, 0, 1};
    uint8_t chunk[84] = {0};
    memcpy(chunk, many, sizeof many);
    assert_string_equal(text_of_chunks(chunk, sizeof chunk),
                        " | RE-CONFIG [Incoming SSN Reset Request 1 streams 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
                        "0 0 0 0 0 0 0 0 and 3 more]\n");
}

static void what_is_no_chunk(void **state) {
    (void)state;
    SAYS("COOKIE ACK | DATA: truncated (4 of 100 bytes)", 11, 0, 0, 4, 0, 0, 0, 100);
    SAYS("COOKIE ACK | SACK: length 3, below its own header's", 11, 0, 0, 4, 3, 0, 0, 3);
    SAYS("chunk type 60: length 0, below its own header's", 60, 0, 0, 0);
    SAYS("COOKIE ACK | 3 stray bytes: 00 01 02", 11, 0, 0, 4, 0, 1, 2);
    assert_string_equal(text_of_chunks(NULL, 0), " | no chunk\n");
}

static void noise_is_one_line(void **state) {
    (void)state;
    uint64_t seed = 0x726f7065;
    uint8_t chunks[128];
    for (int run = 0; run < 20000; run++) {
        size_t size = next_random(&seed) % sizeof chunks;
        for (size_t i = 0; i < size; i++)
            chunks[i] = (uint8_t)(next_random(&seed) >> 24) & (i % 4 == 2 ? 0 : i % 4 == 0 ? 0x8f : 0x1f);
        const char *text = text_of_chunks(chunks, size);
        assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data),
        cmocka_unit_test(init),
        cmocka_unit_test(sack),
        cmocka_unit_test(heartbeats_aborts_and_errors),
        cmocka_unit_test(addresses),
        cmocka_unit_test(the_end_and_the_cookie),
        cmocka_unit_test(extensions_by_name_and_the_unknown_by_number),
        cmocka_unit_test(reconfigurations),
        cmocka_unit_test(what_is_no_chunk),
        cmocka_unit_test(noise_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
