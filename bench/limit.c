/* SPDX-License-Identifier: MIT
 *
 * What this machine can do at most, to measure a stack against.
 *
 *   udp   two processes over UDP on loopback, with GSO and GRO (offload=1) or batches of single packets (offload=0), that do the
 *         work which no SCTP stack can avoid: each side copies every packet once and computes its CRC32c, and an acknowledgement
 *         answers each call that received. A counter in shared memory is a perfect flow control.
 *   crc   CRC32c of `size` bytes by hawser's function and by the best way known here (carry-less multiplication of 256 bits at a
 *         time where the processor has it), and memcpy.
 */
#define _GNU_SOURCE
#include "base/crc32c.h"
#include "bench.h"
#include <arpa/inet.h>
#include <errno.h>
#include <hawser/loop.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, TRAIN_MAX = 65400, TRAIN_SEGMENTS = 64, ROOM = 65536, WINDOW = 1 << 20, APPLICATION = 1 << 20, ACK = 40 };

static hw_crc32c_function *crc32c;
static uint8_t application[APPLICATION], *buffers;
static size_t position;
static struct mmsghdr messages[BATCH];
static struct iovec parts[BATCH];
static struct {
    _Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(int))];
} controls[BATCH];
static struct sockaddr_in addresses[2];
static int sockets[2];
static uint64_t sent;

static uint8_t *bytes_of_application(size_t size) {
    if (position + size > APPLICATION)
        position = 0;
    position += size;
    return application + position - size;
}

static void fill(uint8_t *packet, size_t size) {
    memcpy(packet + 4, bytes_of_application(size), size - 4);
    uint32_t crc = crc32c(0, packet + 4, size - 4);
    memcpy(packet, &crc, 4);
}

static void take(const uint8_t *packet, size_t size) {
    uint32_t crc;
    memcpy(&crc, packet, 4);
    if (crc != crc32c(0, packet + 4, size - 4))
        die("a wrong checksum");
    memcpy(bytes_of_application(size), packet + 4, size - 4);
}

static void sockets_open(void) {
    int room = 4 << 20;
    for (int i = 0; i < 2; i++) {
        socklen_t length = sizeof addresses[i];
        addresses[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
        setsockopt(sockets[i], SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        setsockopt(sockets[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        if (bind(sockets[i], (struct sockaddr *)&addresses[i], length) ||
            getsockname(sockets[i], (struct sockaddr *)&addresses[i], &length))
            die("bind: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++)
        connect(sockets[i], (struct sockaddr *)&addresses[!i], sizeof addresses[i]);
    buffers = malloc((size_t)BATCH * ROOM);
    if (!buffers)
        die("no memory");
    memset(buffers, 0, (size_t)BATCH * ROOM);
    for (unsigned i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){buffers + (size_t)i * ROOM, ROOM};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
}

static void receive(void) {
    int on = options.offload > 0, fd = sockets[1];
    static const uint8_t answer[ACK];
    if (on && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on))
        die("UDP_GRO: %s", strerror(errno));
    received->port = 1;
    for (;;) {
        unsigned most = on ? 8 : BATCH;
        uint64_t bytes = 0, packets = 0;
        for (unsigned i = 0; i < most; i++) {
            messages[i].msg_hdr.msg_control = &controls[i];
            messages[i].msg_hdr.msg_controllen = sizeof controls[i];
        }
        int count = recvmmsg(fd, messages, most, MSG_WAITFORONE, NULL);
        for (int i = 0; i < count; i++) {
            size_t length = messages[i].msg_len, segment = length;
            struct cmsghdr *control = CMSG_FIRSTHDR(&messages[i].msg_hdr);
            if (control && control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
                int size;
                memcpy(&size, CMSG_DATA(control), sizeof size);
                segment = (size_t)size;
            }
            for (size_t at = 0; at < length; at += segment, packets++)
                take((uint8_t *)parts[i].iov_base + at, length - at < segment ? length - at : segment);
            bytes += length;
        }
        received->bytes += bytes;
        received->messages += packets;
        if (send(fd, answer, sizeof answer, MSG_DONTWAIT) < 0 && errno == ECONNREFUSED)
            _exit(0);
    }
}

/* Until all that was sent has been received but for what the window allows. */
static int window_full(size_t more) {
    size_t size = (size_t)options.size;
    return sent - received->messages + more > (WINDOW / size > more ? WINDOW / size : more);
}

static void work(void) {
    size_t size = (size_t)options.size, segments = 1, trains = BATCH;
    if (options.offload > 0) {
        segments = TRAIN_MAX / size < TRAIN_SEGMENTS ? TRAIN_MAX / size : TRAIN_SEGMENTS;
        trains = (BATCH + segments - 1) / segments;
    }
    uint8_t answers[ACK];
    if (window_full(trains * segments))
        return;
    while (recv(sockets[0], answers, sizeof answers, MSG_DONTWAIT) > 0)
        continue;
    for (size_t i = 0; i < trains; i++) {
        parts[i].iov_len = segments * size;
        for (size_t j = 0; j < segments; j++)
            fill((uint8_t *)parts[i].iov_base + j * size, size);
        if (segments > 1) {
            uint16_t value = (uint16_t)size;
            messages[i].msg_hdr.msg_control = &controls[i];
            messages[i].msg_hdr.msg_controllen = CMSG_SPACE(sizeof value);
            struct cmsghdr *control = CMSG_FIRSTHDR(&messages[i].msg_hdr);
            *control = (struct cmsghdr){.cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof value)};
            memcpy(CMSG_DATA(control), &value, sizeof value);
        }
    }
    if (sendmmsg(sockets[0], messages, (unsigned)trains, 0) != (int)trains)
        die("sendmmsg: %s", strerror(errno));
    sent += trains * segments;
}

/* ---- CRC32c ---------------------------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#include <immintrin.h>

/* Powers of x modulo the polynomial, bits reflected. */
static uint32_t power(unsigned n) {
    uint32_t value = 0x80000000u;
    while (n-- > 0)
        value = (value >> 1) ^ ((value & 1) ? 0x82f63b78u : 0);
    return value;
}

static uint64_t folding[2][2]; /* by 1024 and by 256 bits, and by 128 below */
static uint64_t folding_128[2];

#define WIDE __attribute__((target("avx2,vpclmulqdq,pclmul,sse4.2")))

WIDE static inline __m256i fold(__m256i x, __m256i k, __m256i more) {
    __m256i low = _mm256_clmulepi64_epi128(x, k, 0x00), high = _mm256_clmulepi64_epi128(x, k, 0x11);
    return _mm256_xor_si256(_mm256_xor_si256(low, high), more);
}

/* Four accumulators of 256 bits; for 256 bytes and more. */
WIDE static uint32_t crc32c_wide(uint32_t crc, const uint8_t *data, size_t size) {
    const __m256i *at = (const void *)data;
    __m256i k = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)folding[0])), a[4];
    for (unsigned i = 0; i < 4; i++)
        a[i] = _mm256_loadu_si256(at + i);
    a[0] = _mm256_xor_si256(a[0], _mm256_zextsi128_si256(_mm_cvtsi32_si128((int)~crc)));
    for (at += 4, size -= 128; size >= 128; at += 4, size -= 128)
        for (unsigned i = 0; i < 4; i++)
            a[i] = fold(a[i], k, _mm256_loadu_si256(at + i));
    k = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)folding[1]));
    for (unsigned i = 1; i < 4; i++)
        a[0] = fold(a[0], k, a[i]);
    __m128i last = _mm_loadu_si128((const void *)folding_128), x = _mm256_castsi256_si128(a[0]);
    x = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, last, 0x00), _mm_clmulepi64_si128(x, last, 0x11)),
                      _mm256_extracti128_si256(a[0], 1));
    uint64_t wide = _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(x));
    wide = _mm_crc32_u64(wide, (uint64_t)_mm_extract_epi64(x, 1));
    data = (const void *)at;
    for (; size >= 8; data += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; size; data++, size--)
        narrow = _mm_crc32_u8(narrow, *data);
    return ~narrow;
}

static hw_crc32c_function *best(void) {
    static const unsigned distances[2] = {1024, 256};
    for (unsigned i = 0; i < 2; i++) {
        folding[i][0] = (uint64_t)power(distances[i] + 63) << 32;
        folding[i][1] = (uint64_t)power(distances[i] - 1) << 32;
    }
    folding_128[0] = (uint64_t)power(128 + 63) << 32;
    folding_128[1] = (uint64_t)power(128 - 1) << 32;
    __builtin_cpu_init();
    return __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx2") && options.size >= 256 ? crc32c_wide : NULL;
}
#else
static hw_crc32c_function *best(void) { return NULL; }
#endif

static uint32_t copy(uint32_t crc, const uint8_t *data, size_t size) {
    static uint8_t to[APPLICATION];
    memcpy(to, data, size);
    __asm__ volatile("" ::: "memory");
    return crc + to[size - 1];
}

/* The best of several, in bytes a nanosecond of CPU time. */
static double speed(hw_crc32c_function *function) {
    size_t size = (size_t)options.size, loops = 20000000 / size + 1;
    static volatile uint32_t result;
    double most = 0;
    for (unsigned repetition = 0; repetition < 9; repetition++) {
        uint64_t begin = clock_cpu_ns();
        uint32_t crc = 0;
        for (size_t i = 0; i < loops; i++)
            crc = function(crc, application, size);
        result = crc;
        double now = (double)(loops * size) / (double)(clock_cpu_ns() - begin);
        most = now > most ? now : most;
    }
    (void)result;
    return most;
}

static void crc(void) {
    hw_crc32c_function *other = best();
    size_t size = (size_t)options.size;
    for (size_t i = 0; i < APPLICATION; i++)
        application[i] = (uint8_t)(i * 2654435761u >> 13);
    if (other && other(0, application, size) != hw_crc32c_table(application, size))
        die("the fastest way computes something else");
    double ours = speed(crc32c), theirs = other ? speed(other) : 0;
    say("hawser", ours);
    say("limit", theirs > ours ? theirs : ours);
    say("memcpy", speed(copy));
}

int main(int argc, char **argv) {
    struct hawser_host host;
    hawser_host_default(&host);
    crc32c = hw_crc32c_choose(host.cpu);
    options_read(argc, argv);
    if (options.size < 8 || options.size > TRAIN_MAX)
        die("size: 8 to %d", TRAIN_MAX);
    if (argc > 1 && strcmp(argv[1], "udp") == 0) {
        sockets_open();
        udp_begin(receive);
        udp_measure(work);
    } else if (argc > 1 && strcmp(argv[1], "crc") == 0)
        crc();
    else
        die("usage: bench-limit udp|crc [OPTION=NUMBER]...");
    return 0;
}
