/* SPDX-License-Identifier: MIT
 *
 * The containers of base against models so simple that they cannot be wrong: bits against an array of bytes, the heap against
 * a search for the least, the table and the sparse array against lists that are walked, the checksum against long division. The
 * first byte picks which; then each byte is a call. Allocations fail where the input says so, and whatever fails must have
 * changed nothing.
 */
#include "fuzz.h"

#include "base/bits.h"
#include "base/heap.h"
#include "base/sparse.h"
#include "base/table.h"

#include <hawser/loop.h>

#define MOVES_MAX 2000u

static struct fuzz_host host;
static struct hw_account account;
static struct fuzz_input input;

/* The next call, or 255 at the end. Before it the host may be told to fail the next allocation, or the one after that. */
static uint8_t next_move(unsigned *moves, unsigned kinds) {
    host.fail = host.failed = 0;
    while (fuzz_more(&input) && (*moves)++ < MOVES_MAX) {
        uint8_t move = fuzz_8(&input);
        if (move < 0xf8)
            return (uint8_t)(move % kinds);
        host.fail = 1;
        host.fail_after = move & 1;
    }
    return 255;
}

/* ---- bits ------------------------------------------------------------------------------------------------------- */

static struct hw_bits bits;
static uint8_t model[HW_BITS_MAX];
static uint32_t model_end, model_count; /* nothing is set from the end on; how many are before it */

static void model_set(uint32_t at) {
    model_count += !model[at];
    model[at] = 1;
    model_end = at < model_end ? model_end : at + 1;
}

/* Low ones mostly, now and then near the end of what there is. */
static uint32_t offset(void) {
    uint8_t choice = fuzz_8(&input);
    if (choice < 0xa0)
        return choice;
    if (choice < 0xc0)
        return bits.capacity - (choice & 3u);
    if (choice < 0xe0)
        return bits.end + (choice & 3u) - 1;
    return fuzz_16(&input) + (choice == 0xff);
}

static void bits_judge(uint32_t from) {
    while (model_end && !model[model_end - 1])
        model_end--;
    uint32_t end = model_end, room = from < end ? end - from : 0;
    FUZZ_MUST(bits.count == model_count && bits.end == end);
    const uint8_t *set = room ? memchr(model + from, 1, room) : NULL, *clear = room ? memchr(model + from, 0, room) : NULL;
    FUZZ_MUST(hw_bits_next_set(&bits, from) == (set ? (uint32_t)(set - model) : HW_BITS_NONE));
    FUZZ_MUST(hw_bits_next_clear(&bits, from) == (clear ? (uint32_t)(clear - model) : room ? end : from));
    FUZZ_MUST(hw_bits_test(&bits, from) == (from < HW_BITS_MAX && model[from]));
    uint32_t seen = 0; /* all of them by search alone */
    for (uint32_t i = hw_bits_next_set(&bits, 0); i != HW_BITS_NONE; i = hw_bits_next_set(&bits, i + 1), seen++)
        FUZZ_MUST(model[i]);
    FUZZ_MUST(seen == model_count);
}

static void play_bits(void) {
    hw_bits_init(&bits);
    memset(model, 0, sizeof model);
    model_end = model_count = 0;
    unsigned moves = 0;
    for (uint8_t move; (move = next_move(&moves, 8)) != 255;) {
        uint32_t at = offset(), count;
        bool done;
        switch (move) {
        case 0:
            hw_bits_clear(&bits, at);
            if (at < HW_BITS_MAX) {
                model_count -= model[at];
                model[at] = 0;
            }
            break;
        case 1:
            if (at > HW_BITS_MAX)
                break;
            hw_bits_advance(&bits, at);
            for (uint32_t i = 0; i < at && i < model_end; i++)
                model_count -= model[i];
            if (at < model_end)
                memmove(model, model + at, model_end - at);
            at = at < model_end ? at : model_end;
            memset(model + model_end - at, 0, at);
            model_end -= at;
            break;
        case 2:
            if (at & 1) {
                hw_bits_reset(&bits);
                memset(model, 0, model_end);
                model_count = 0;
            }
            break;
        case 3: /* a stretch */
            for (count = fuzz_8(&input); count && at < HW_BITS_MAX && hw_bits_set(&bits, &account, at); count--)
                model_set(at++);
            break;
        default:
            done = hw_bits_set(&bits, &account, at);
            FUZZ_MUST(done || at >= HW_BITS_MAX || host.failed);
            FUZZ_MUST(!done || at < HW_BITS_MAX);
            if (done)
                model_set(at);
        }
        bits_judge(offset());
        FUZZ_MUST(bits.capacity <= HW_BITS_MAX && account.used == (bits.words ? bits.capacity / 8 : 0));
    }
    hw_bits_free(&bits, &account);
}

/* ---- heap ------------------------------------------------------------------------------------------------------- */

#define NODES 64u

static void heap_judge(const struct hw_heap *heap, const struct hw_heap_node *nodes) {
    const struct hw_heap_node *least = NULL;
    uint32_t count = 0;
    for (unsigned i = 0; i < NODES; i++) {
        const struct hw_heap_node *node = &nodes[i];
        if (node->index == HW_HEAP_OUT)
            continue;
        FUZZ_MUST(node->index < heap->count && heap->nodes[node->index] == node);
        if (!least || node->key < least->key || (node->key == least->key && node->age < least->age))
            least = node;
        count++;
    }
    FUZZ_MUST(heap->count == count && hw_heap_top(heap) == least);
}

static void play_heap(void) {
    static struct hw_heap_node nodes[NODES];
    uint64_t keys[NODES]; /* as they were set: the heap may not change them */
    struct hw_heap heap;
    hw_heap_init(&heap, &account);
    for (unsigned i = 0; i < NODES; i++)
        hw_heap_node_init(&nodes[i]);
    unsigned moves = 0;
    for (uint8_t move; (move = next_move(&moves, 4)) != 255;) {
        unsigned which = fuzz_8(&input) % NODES;
        struct hw_heap_node *node = &nodes[which], *top;
        uint64_t age = heap.age;
        switch (move) {
        case 0:
            hw_heap_remove(&heap, node);
            FUZZ_MUST(node->index == HW_HEAP_OUT);
            break;
        case 1:
            if ((top = hw_heap_top(&heap)) != NULL)
                hw_heap_remove(&heap, top);
            break;
        default:
            if (!hw_heap_reserve(&heap, heap.count + 1)) {
                FUZZ_MUST(host.failed);
                break;
            }
            keys[which] = fuzz_8(&input) & (move == 2 ? 3 : 255);
            hw_heap_set(&heap, node, keys[which]);
            FUZZ_MUST(node->index != HW_HEAP_OUT && node->key == keys[which] && node->age <= heap.age && heap.age >= age);
        }
        heap_judge(&heap, nodes);
        for (unsigned i = 0; i < NODES; i++)
            FUZZ_MUST(nodes[i].index == HW_HEAP_OUT || nodes[i].key == keys[i]);
    }
    uint64_t last = 0, age = 0; /* what is left comes out in order */
    for (struct hw_heap_node *top; (top = hw_heap_top(&heap)) != NULL;) {
        FUZZ_MUST(top->key > last || (top->key == last && top->age >= age));
        last = top->key;
        age = top->age;
        hw_heap_remove(&heap, top);
    }
    hw_heap_free(&heap);
}

/* ---- table ------------------------------------------------------------------------------------------------------ */

#define MEMBERS 128u

static void play_table(void) {
    static struct hw_node members[MEMBERS];
    static bool in[MEMBERS];
    struct hw_table table;
    memset(in, 0, sizeof in);
    hw_table_init(&table, &account, fuzz_32(&input));
    unsigned moves = 0;
    for (uint8_t move; (move = next_move(&moves, 3)) != 255;) {
        unsigned which = fuzz_8(&input) % MEMBERS;
        uint64_t key = fuzz_8(&input) & 31u;
        key = key << 59 | key; /* few of them, with bits that matter at either end */
        if (move == 0 && in[which]) {
            hw_table_remove(&table, &members[which]);
            in[which] = false;
        } else if (move != 0 && !in[which]) {
            in[which] = hw_table_add(&table, &members[which], key);
            FUZZ_MUST(in[which] || (host.failed && !table.buckets)); /* only the first bucket can be missing */
        }
        uint32_t count = 0, wanted = 0, found = 0;
        for (unsigned i = 0; i < MEMBERS; i++) {
            count += in[i];
            wanted += in[i] && members[i].key == key;
        }
        FUZZ_MUST(table.count == count);
        for (struct hw_node *node = hw_table_find(&table, key); node; node = hw_table_find_next(node)) {
            FUZZ_MUST(node->key == key && in[node - members] && found < MEMBERS);
            found++;
        }
        FUZZ_MUST(found == wanted);
    }
    hw_table_free(&table);
}

/* ---- sparse ----------------------------------------------------------------------------------------------------- */

static void play_sparse(void) {
    static uint32_t kept[65536]; /* 0: never reserved; else what was written there, and 1 is nothing */
    static uint32_t touched[MOVES_MAX];
    unsigned touches = 0, moves = 0;
    struct hw_sparse sparse;
    hw_sparse_init(&sparse, sizeof(uint32_t));
    for (uint8_t move; (move = next_move(&moves, 4)) != 255;) {
        uint16_t at = fuzz_16(&input);
        if (at & 0x8000)
            at &= 0x803f; /* neighbours */
        uint32_t *element = hw_sparse_get(&sparse, at);
        FUZZ_MUST(!kept[at] || (element && *element == kept[at] - 1));
        FUZZ_MUST(kept[at] || !element || *element == 0);
        if (move < 2) {
            uint32_t *same = hw_sparse_reserve(&sparse, &account, at);
            FUZZ_MUST(same || host.failed);
            FUZZ_MUST(!element || same == element); /* addresses are stable */
            if (same) {
                *same = moves;
                if (!kept[at])
                    touched[touches++] = at;
                kept[at] = moves + 1;
            }
        } else if (move == 2) {
            uint32_t next = at, *found = hw_sparse_next(&sparse, &next), before = UINT32_MAX;
            for (unsigned i = 0; i < touches; i++)
                if (touched[i] >= at && touched[i] < before)
                    before = touched[i];
            FUZZ_MUST(found || before == UINT32_MAX);
            FUZZ_MUST(!found || (next >= at && next <= before && found == hw_sparse_get(&sparse, (uint16_t)next)));
        }
    }
    uint32_t walked = 0;
    for (uint32_t i = 0; hw_sparse_next(&sparse, &i) != NULL; i++)
        walked += kept[i] != 0;
    FUZZ_MUST(walked == touches);
    while (touches)
        kept[touched[--touches]] = 0;
    hw_sparse_free(&sparse, &account);
}

/* ---- checksum --------------------------------------------------------------------------------------------------- */

/* However the machine computes it, in one go or in parts, it is the polynomial's remainder. */
static void play_checksum(void) {
    struct hawser_host machine;
    hawser_host_default(&machine);
    size_t cut = fuzz_8(&input);
    struct hawser_span bytes = fuzz_span(&input, SIZE_MAX);
    uint32_t right = UINT32_MAX;
    for (size_t i = 0; i < bytes.size; i++) {
        right ^= bytes.data[i];
        for (unsigned bit = 0; bit < 8; bit++)
            right = right >> 1 ^ (right & 1 ? 0x82f63b78u : 0);
    }
    cut = cut < bytes.size ? cut : bytes.size;
    const uint32_t features[] = {0, machine.cpu & HAWSER_CPU_CRC32C, machine.cpu};
    for (unsigned i = 0; i < 3; i++) {
        hw_crc32c_function *sum = hw_crc32c_choose(features[i]);
        FUZZ_MUST(sum(0, bytes.data, bytes.size) == ~right);
        FUZZ_MUST(sum(sum(0, bytes.data, cut), bytes.data + cut, bytes.size - cut) == ~right);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = (struct fuzz_input){data, data + size};
    fuzz_host_init(&host, 1);
    hw_account_init(&account, &host.functions, NULL, UINT64_MAX);
    switch (fuzz_8(&input) & 7) {
    case 4:
        play_checksum();
        break;
    case 0:
    case 5:
        play_bits();
        break;
    case 1:
    case 6:
        play_heap();
        break;
    case 2:
        play_table();
        break;
    default:
        play_sparse();
    }
    FUZZ_MUST(account.used == 0);
    fuzz_host_done(&host);
    return 0;
}
