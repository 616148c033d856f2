/* SPDX-License-Identifier: MIT
 *
 * The floods' bookkeeping (flood.h): each is printed as a row of the table of docs/SECURITY.md, which must have the row, and
 * held against its bounds.
 */
#include "flood.h"

static double plain_time;

/* docs/SECURITY.md has the flood's row. */
static bool documented(const char *name) {
    static char text[1 << 16];
    char row[200];
    FILE *file = text[0] ? NULL : fopen("docs/SECURITY.md", "rb");
    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    snprintf(row, sizeof row, "| %s |", name);
    return strstr(text, row) != NULL;
}

/* Times are looked at only where they mean something: in a plain build. */
void flood_settle(struct script *s, const struct meter *meter, const struct bound *bound) {
    double in = (double)meter->packets_in;
    double time = (double)meter->nanoseconds / in, bytes = (double)meter->bytes_out / (double)meter->bytes_in;
    double allocations = (double)meter->allocations / in;
    uint64_t before = meter->memory_begin, memory = meter->memory_peak > before ? meter->memory_peak - before : 0;
    if (plain_time == 0)
        plain_time = time;
    printf("| %s | %.0f | %.2f | %u | %llu | %.2f | %.1f |\n", bound->name, (double)meter->bytes_in / in, bytes,
           meter->most_packets_out, (unsigned long long)memory, allocations, time / plain_time);
    const char *untrue = hawser_check(s->stack);
    if (untrue)
        fail_msg("%s: %s", bound->name, untrue);
    if (!documented(bound->name))
        fail_msg("%s: docs/SECURITY.md has no such row", bound->name);
    if (bytes > bound->bytes_out)
        fail_msg("%s: %.3f bytes out for each byte in, %.3f allowed", bound->name, bytes, bound->bytes_out);
    if (meter->most_packets_out > bound->packets_out)
        fail_msg("%s: %u packets out for one in, %u allowed", bound->name, meter->most_packets_out, bound->packets_out);
    if (memory > bound->memory)
        fail_msg("%s: %llu bytes held, %llu allowed", bound->name, (unsigned long long)memory, (unsigned long long)bound->memory);
    if (allocations > bound->allocations)
        fail_msg("%s: %.2f allocations for a packet, %.2f allowed", bound->name, allocations, bound->allocations);
#ifndef ATTACK_SMALL
    if (time > bound->time * plain_time)
        fail_msg("%s: a packet costs %.1f plain ones, %.1f allowed", bound->name, time / plain_time, bound->time);
#endif
    script_end(s);
}

struct script *stage(const char *name) {
    struct script *s = script_begin(name);
    s->quiet_end = true;
    return s;
}

struct script *connected(const char *name) {
    struct script *s = stage(name);
    set(s, RECEIVE_BUFFER, WINDOW);
    establish_passive(s);
    return s;
}

void eat(struct script *s) {
    struct hawser_item items[16];
    size_t count;
    while ((count = hawser_receive(s->stack, s->association, items, 16)) != 0)
        (void)hawser_consume(s->stack, s->now, s->association, count, 0);
}

struct hawser_span many(struct script *s, struct hawser_span chunk, unsigned count) {
    struct hawser_span all = {script_bytes(s, chunk.size * count), chunk.size * count};
    for (unsigned i = 0; i < count; i++)
        hw_copy((uint8_t *)(uintptr_t)all.data + i * chunk.size, chunk.data, chunk.size);
    return all;
}

struct way *stranger(unsigned number) {
    static struct hawser_address from;
    static struct way way;
    from = script_ipv4(100, 64 + (number >> 16), number >> 8 & 255, number & 255, 0);
    way = (struct way){WAY_DEFAULTS, .remote = &from};
    return &way;
}

void repeat(struct script *s, struct meter *meter, struct hawser_span chunks, unsigned rounds) {
    struct hawser_span packet = packet(s, WAY(.from = 0), chunks);
    meter_begin(meter, s);
    for (unsigned i = 0; i < rounds; i++) {
        meter_packet(meter, s, WAY(.from = 0), packet);
        if (i % 50 == 49)
            eat(s);
    }
}

void flood_plain_data(void **state) {
    (void)state;
    struct script *s = connected("plain DATA");
    struct meter meter;
    struct hawser_span packet = packet(s, WAY(.from = 0), DATA(.size = 1200));
    printf("| flood | bytes in | bytes out/in | packets out | memory | allocations | time |\n"
           "|---|---:|---:|---:|---:|---:|---:|\n");
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++) {
        put32_at(packet, 16, s->peer_tsn + i);
        put16_at(packet, 22, i);
        seal(packet);
        meter_packet(&meter, s, WAY(.from = 0), packet);
        eat(s);
    }
    SETTLE("DATA of 1,200 bytes, read at once", .bytes_out = 0.05, .packets_out = 1, .memory = 20000,
           .allocations = 0.1, .time = 1);
}
