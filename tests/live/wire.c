/* SPDX-License-Identifier: MIT
 *
 * wire [OPTION...] NAMESPACE INTERFACE NAMESPACE INTERFACE: a wire between two network namespaces: an IP interface at either end,
 * and packets that are lost, late or overtaken on the way, by a seed. It stands in for netem, which many machines do not have.
 *
 *   --seed N        of the dice (1)
 *   --loss PERCENT  so many packets are lost; 0.1 is the least
 *   --delay MS      all packets take so long
 *   --late PERCENT  so many packets take --later MS more, and others overtake them
 *   --later MS      (5)
 *
 * Says "ready" when both interfaces exist. SIGUSR1 cuts the wire (nothing passes and nobody is told), SIGUSR2 mends it; a
 * line "cut" or "mended" says when it is. SIGTERM ends it; the last line is "passed N lost N late N".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MAX 2048
#define QUEUE_MAX  65536
#define BATCH      64

struct packet { /* under way */
    uint64_t due, order;
    int to;
    unsigned size;
    uint8_t *data;
};

static struct packet heap[QUEUE_MAX]; /* the earliest first */
static size_t count;
static uint64_t orders, dice, loss, delay, late, later = 5000;
static uint64_t passed, lost, delayed;
static volatile sig_atomic_t cut, done;

/* Comes only while it waits (ppoll), so no packet is under way in here any more. */
static void on_signal(int number) {
    if (number == SIGTERM || number == SIGINT) {
        done = 1;
        return;
    }
    cut = number == SIGUSR1;
    if (write(STDERR_FILENO, cut ? "cut\n" : "mended\n", cut ? 4 : 7) < 0)
        done = 1; /* nobody is there any more */
}

static void die(const char *what) {
    fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* One of a thousand. */
static uint64_t roll(void) {
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (dice * UINT64_C(0x2545F4914F6CDD1D) >> 32) % 1000;
}

static int open_end(const char *name, const char *interface) {
    char path[200];
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    snprintf(path, sizeof path, "/run/netns/%s", name);
    int space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWNET) != 0)
        die(path);
    close(space);
    int end = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    if (end < 0 || ioctl(end, TUNSETIFF, &request) != 0)
        die(interface);
    return end;
}

static bool before(const struct packet *a, const struct packet *b) {
    return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static void push(struct packet packet) {
    size_t at = count++;
    for (; at > 0 && before(&packet, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = packet;
}

static struct packet pop(void) {
    struct packet first = heap[0], last = heap[--count];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < count) {
        if (child + 1 < count && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

static void deliver(int to, const uint8_t *data, unsigned size) {
    if (write(to, data, size) == (ssize_t)size)
        passed++;
    else
        lost++; /* the interface is down */
}

static void take(int from, int to) {
    uint8_t data[PACKET_MAX];
    for (int i = 0; i < BATCH; i++) {
        ssize_t size = read(from, data, sizeof data);
        if (size <= 0)
            return;
        bool lags = roll() < late;
        if (cut || roll() < loss || count == QUEUE_MAX) {
            lost++;
            continue;
        }
        delayed += lags;
        if (delay == 0 && !lags) {
            deliver(to, data, (unsigned)size);
            continue;
        }
        struct packet packet = {.due = now_us() + delay + (lags ? later : 0), .order = orders++, .to = to, .size = (unsigned)size,
                                .data = malloc((size_t)size)};
        if (!packet.data)
            die("memory");
        memcpy(packet.data, data, (size_t)size);
        push(packet);
    }
}

static void run(int left, int right) {
    struct pollfd ends[2] = {{.fd = left, .events = POLLIN}, {.fd = right, .events = POLLIN}};
    sigset_t none;
    sigemptyset(&none);
    while (!done) {
        uint64_t now = now_us(), wait = count > 0 && heap[0].due > now ? heap[0].due - now : 0;
        struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000), .tv_nsec = (long)(wait % 1000000) * 1000};
        ppoll(ends, 2, count > 0 ? &timeout : NULL, &none);
        if (ends[0].revents)
            take(left, right);
        if (ends[1].revents)
            take(right, left);
        for (now = now_us(); count > 0 && heap[0].due <= now;) {
            struct packet packet = pop();
            if (cut)
                lost++;
            else
                deliver(packet.to, packet.data, packet.size);
            free(packet.data);
        }
    }
}

static uint64_t number(const char *name, const char *text, double factor, double max) {
    char *end;
    double value = strtod(text, &end);
    if (*text >= '0' && *text <= '9' && *end == 0 && value <= max)
        return (uint64_t)(value * factor + 0.5);
    fprintf(stderr, "wire: --%s: '%s' is not a number from 0 to %.0f\n", name, text, max);
    exit(2);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"seed", 1, NULL, 0}, {"loss", 1, NULL, 1},  {"delay", 1, NULL, 2},
                                            {"late", 1, NULL, 3}, {"later", 1, NULL, 4}, {NULL, 0, NULL, 0}};
    static const double most[] = {UINT32_MAX, 100, 10000, 100, 10000}, factors[] = {1, 10, 1000, 10, 1000};
    uint64_t seed = 1, *const values[] = {&seed, &loss, &delay, &late, &later};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t block;
    int option, index;
    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (option == '?')
            return 2;
        *values[option] = number(options[option].name, optarg, factors[option], most[option]);
    }
    if (argc - optind != 4) {
        fprintf(stderr, "usage: wire [OPTION...] NAMESPACE INTERFACE NAMESPACE INTERFACE\n");
        return 2;
    }
    dice = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    sigemptyset(&block);
    for (int i = 0; i < 4; i++) {
        static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
        sigaction(numbers[i], &action, NULL);
        sigaddset(&block, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &block, NULL); /* they come while it waits */
    int left = open_end(argv[optind], argv[optind + 1]), right = open_end(argv[optind + 2], argv[optind + 3]);
    fprintf(stderr, "ready\n");
    run(left, right);
    printf("passed %" PRIu64 " lost %" PRIu64 " late %" PRIu64 "\n", passed, lost, delayed);
    return 0;
}
