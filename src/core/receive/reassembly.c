/* SPDX-License-Identifier: MIT
 *
 * From DATA chunks to messages in the order in which they may be read (RFC 9260 6.5, 6.6, 6.9). A chunk that is a whole message
 * and has its turn goes straight to the inbox. Everything else is a run: fragments of consecutive TSNs, joined at either end as
 * their neighbours come; whole, it waits until its SSN has its turn. Every step costs the same however much is held.
 */
#include "core/receive/run.h"

#include "base/serial.h"

void hw_receive_init(struct hw_receive *receive, struct hw_account *account, uint64_t seed, uint32_t limit,
                     uint32_t partial_point) {
    memset(receive, 0, sizeof *receive);
    receive->account = account;
    receive->limit = limit;
    receive->partial_point = partial_point && partial_point < limit / 2 ? partial_point : limit / 2;
    receive->advertised = limit;
    receive->typical_8 = 8 * HW_MTU_SAFE;
    hw_bits_init(&receive->seen);
    hw_bits_init(&receive->hold.named);
    hw_table_init(&receive->runs, account, seed);
    receive->rank = (uint32_t)seed | 1;
    hw_list_init(&receive->waiting);
    hw_list_init(&receive->hold.runs);
    hw_list_init(&receive->partly);
    hw_sparse_init(&receive->streams, sizeof(struct hw_instream));
    receive->inbox_end = &receive->inbox;
}

/* ---- into the inbox -------------------------------------------------------------------------------------------- */

/* A large message begins to be delivered in parts when everything before it has come: what is read next is then what comes
 * next, and nothing that comes later lies before it (6.9). */
void hw_run_deliver_partly(struct hw_receive *receive) {
    struct hw_run *run = receive->run_count && !receive->interleaving ? hw_run_right(receive, receive->cum_tsn) : NULL;
    if (!run || !run->begin || run->end || run->in_inbox || run->charge < receive->partial_point || hw_list_linked(&run->held))
        return;
    const struct hw_instream *state = run->unordered ? NULL : hw_sparse_get(&receive->streams, run->stream);
    if (run->unordered || run->ssn == state->next_ssn)
        hw_run_deliver(receive, run);
}

/* ---- a chunk comes --------------------------------------------------------------------------------------------- */

static bool belongs(const struct hw_run *run, const struct hw_data *data) {
    bool unordered = data->flags & HW_FLAG_UNORDERED;
    return run->stream == data->stream && run->unordered == unordered && (unordered || run->ssn == data->ssn);
}

/* What is wrong between a chunk and its neighbours, or nothing. `left` ends at the TSN before, `right` begins at that after. */
static struct hawser_span contradiction(const struct hw_receive *receive, const struct hw_data *data, const struct hw_run *left,
                                 const struct hw_run *right) {
    bool begin = data->flags & HW_FLAG_BEGIN, end = data->flags & HW_FLAG_END;
    if (left && !left->end && begin)
        return SENTENCE("a message begins before the one before it has ended");
    if (left && left->end && !begin)
        return SENTENCE("a fragment follows the end of a message");
    if (!left && !begin && hw_has_come(receive, data->tsn - 1))
        return SENTENCE("a fragment has no message before it");
    if (!right && !end && hw_has_come(receive, data->tsn + 1))
        return SENTENCE("a message has not ended and no fragment of it follows");
    if (left && !begin && !belongs(left, data))
        return SENTENCE("a fragment's stream or SSN is not its message's");
    if (right && end)
        return SENTENCE("a message ends and a fragment of it follows");
    if (right && !end && !belongs(right, data))
        return SENTENCE("the next fragment's stream or SSN is not this one's");
    return (struct hawser_span){NULL, 0};
}

/* `number`: where it lies, as a TSN, or as a FSN if there is an assembly. NULL: no memory. */
static struct hw_run *take_fragment(struct hw_receive *receive, struct hw_record *record, uint32_t number,
                                    struct hw_assembly *assembly, struct hw_run *left, struct hw_run *right) {
    bool joins_left = left && !(record->flags & HW_FLAG_BEGIN);
    bool joins_right = right && !(record->flags & HW_FLAG_END);
    struct hw_run *run = left;
    if (joins_left) {
        hw_run_append(left, record);
        if (joins_right)
            hw_run_join(receive, left, right);
    } else if (joins_right) {
        run = right;
        hw_run_prepend(right, record);
    } else {
        run = hw_run_create(receive, record, number, assembly);
        if (!run)
            return NULL;
    }
    hw_run_list(receive, run);
    hw_run_take_turn(receive, run);
    return run;
}

static struct hw_record *record_make(struct hw_receive *receive, const struct hw_data *data, uint8_t path) {
    struct hw_record *record = hw_block_record(receive, data->payload.size);
    if (!record)
        return NULL;
    memcpy(record + 1, data->payload.data, data->payload.size);
    record->tsn = data->tsn;
    record->ppid = data->ppid;
    record->stream = data->stream;
    record->ssn = data->ssn;
    record->flags = data->flags;
    record->path = path;
    return record;
}

/* Where a fragment belongs, or what is wrong with it. */
struct place {
    struct hw_run *left, *right;
    struct hw_assembly *assembly;
};

static struct hawser_span find_place(const struct hw_receive *receive, const struct hw_data *data, bool whole,
                                     struct place *place) {
    bool unordered = data->flags & HW_FLAG_UNORDERED;
    struct hawser_span wrong = {NULL, 0};
    if (receive->interleaving) {
        place->assembly = hw_assembly_find(receive, data->stream, unordered, data->ssn);
        if (place->assembly ? whole : !unordered && hw_run_turn(receive, data->stream, data->ssn))
            return SENTENCE("two messages of a stream have the same MID");
        if (!whole)
            wrong = hw_assembly_contradiction(place->assembly, data);
        if (!wrong.data && place->assembly)
            hw_assembly_neighbours(receive, place->assembly, data, &place->left, &place->right);
        return wrong;
    }
    place->left = hw_run_right(receive, data->tsn - 1);
    place->right = hw_run_left(receive, data->tsn + 1);
    wrong = contradiction(receive, data, place->left, place->right);
    if (!wrong.data && (data->flags & HW_FLAG_BEGIN) && !unordered && hw_run_turn(receive, data->stream, data->ssn))
        return SENTENCE("two messages of a stream have the same SSN");
    return wrong;
}

static enum hw_data_result store_fragment(struct hw_receive *receive, const struct hw_data *data, struct hw_record *record,
                                          struct place *place, bool whole, struct hawser_span *violation) {
    bool fresh = receive->interleaving && !whole && !place->assembly;
    if (fresh)
        place->assembly = hw_assembly_create(receive, data->stream, data->flags & HW_FLAG_UNORDERED, data->ssn);
    uint32_t number = receive->interleaving ? data->fsn : data->tsn;
    struct hw_run *run = fresh && !place->assembly
                             ? NULL
                             : take_fragment(receive, record, number, place->assembly, place->left, place->right);
    if (!run) {
        if (fresh && place->assembly)
            hw_assembly_free(receive, place->assembly);
        hw_block_drop(receive, record);
        return HW_DATA_NO_MEMORY;
    }
    if (run->assembly && !hw_assembly_taken(run, data)) {
        *violation = SENTENCE("a fragment of a message came twice");
        return HW_DATA_VIOLATION;
    }
    hw_run_settle(receive, run);
    return HW_DATA_TAKEN;
}

static enum hw_data_result store(struct hw_receive *receive, const struct hw_data *data, uint8_t path,
                                 struct hawser_span *violation) {
    bool unordered = data->flags & HW_FLAG_UNORDERED;
    bool whole = (data->flags & (HW_FLAG_BEGIN | HW_FLAG_END)) == (HW_FLAG_BEGIN | HW_FLAG_END);
    struct hw_instream *state = unordered ? NULL : hw_sparse_reserve(&receive->streams, receive->account, data->stream);
    if (!unordered && !state)
        return HW_DATA_NO_MEMORY;
    /* RFC 8260 2.3.1: a fragment that was under way when its message was skipped. Nothing else would ever take it away. */
    if (receive->interleaving && state && receive->partial && !receive->hold.all && hw_tsn_before(data->ssn, state->next_ssn))
        return HW_DATA_SKIPPED;
    struct place place = {NULL, NULL, NULL};
    if (receive->run_count || !whole) {
        *violation = find_place(receive, data, whole, &place);
        if (violation->data && receive->partial && !receive->interleaving) {
            violation->data = NULL;
            if (hw_skip_between(receive, data))
                return HW_DATA_SKIPPED;
            place = (struct place){NULL, NULL, NULL};
            *violation = find_place(receive, data, whole, &place);
        }
        if (violation->data) {
            receive->hold.ask |= receive->hold.all; /* numbered anew, perhaps: hold.c */
            return receive->hold.all ? HW_DATA_NO_MEMORY : HW_DATA_VIOLATION;
        }
    }
    struct hw_record *record = record_make(receive, data, path);
    if (!record)
        return HW_DATA_NO_MEMORY;
    if (!whole || (state && data->ssn != state->next_ssn) ||
        (!unordered && receive->hold.all))
        return store_fragment(receive, data, record, &place, whole, violation);
    hw_inbox_append(receive, &record->entry);
    receive->messages++;
    if (state) {
        hw_instream_advance(receive, state);
        if (receive->run_count)
            hw_run_deliver_waiting(receive, data->stream, state);
    }
    return HW_DATA_TAKEN;
}

#define RENEGE_LOOKS 8u

/* Of the newest runs that wait the one with the highest TSN (6.2), if that is above the offset. The inbox is never taken back, so
 * TSNs above may have to stay. */
static struct hw_run *last_waiting(struct hw_receive *receive, uint32_t offset) {
    struct hw_run *last = NULL;
    uint32_t above = receive->cum_tsn + 1 + offset; /* what is acknowledged for good is below */
    struct hw_link *link = receive->waiting.prev;
    for (unsigned i = 0; i < RENEGE_LOOKS && link != &receive->waiting; i++, link = link->prev) {
        struct hw_run *run = HW_OWNER(link, struct hw_run, waiting);
        const struct hw_record *record = run->last; /* none: what it had was read */
        if (record && hw_tsn_before(above, record->tsn) && (!last || hw_tsn_before(last->last->tsn, record->tsn)))
            last = run;
    }
    return last;
}

/* Takes back a record above the offset that is not in the inbox (6.2: only in extreme circumstances). */
static bool renege(struct hw_receive *receive, uint32_t offset) {
    struct hw_run *run = last_waiting(receive, offset);
    if (!run)
        return false;
    uint32_t last = run->last->tsn - receive->cum_tsn - 1;
    if (run->first == run->last)
        hw_run_drop(receive, run);
    else
        hw_run_shorten(receive, run);
    hw_bits_clear(&receive->seen, last);
    return true;
}

/* Nothing can be read: no reader makes room, and all waits for the next chunk. It is taken even where blocks of few records left
 * fill the window, up to a bound that a peer whose SSNs never come to their turn would pass. */
static bool reader_waits(const struct hw_receive *receive) {
    bool readable = receive->inbox && hw_entry_bytes(receive->inbox);
    return !readable && receive->held < 2 * hw_receive_capacity(receive);
}

/* Whether there is room for a chunk at this offset; takes back higher ones to make it. */
static bool make_room(struct hw_receive *receive, uint32_t offset, size_t payload, uint32_t *reneged) {
    if (receive->held + hw_record_charge(payload) <= hw_receive_capacity(receive))
        return true;
    if (offset == 0 && reader_waits(receive))
        return true;
    if (offset >= receive->seen.end) /* above all that came: dropped while the window is closed (6.2) */
        return false;
    uint64_t most = hw_receive_capacity(receive) + receive->limit / 8;
    while (receive->held + hw_record_charge(payload) > most) {
        if (!renege(receive, offset))
            return false;
        ++*reneged;
    }
    return true;
}

static void note_duplicate(struct hw_receive *receive, uint32_t tsn) {
    if (!receive->dups)
        receive->dups = hw_allocate(receive->account, HW_DUPS_MAX * sizeof *receive->dups);
    if (receive->dups && receive->dup_count < HW_DUPS_MAX)
        receive->dups[receive->dup_count++] = tsn;
}

static bool mark_seen(struct hw_receive *receive, uint32_t offset) {
    if (offset == 0 && receive->seen.count == 0) {
        receive->cum_tsn++; /* the common case: in order, nothing missing */
        return true;
    }
    if (!hw_bits_set(&receive->seen, receive->account, offset))
        return false;
    if (offset == 0) {
        uint32_t run = hw_bits_next_clear(&receive->seen, 0);
        hw_bits_advance(&receive->seen, run);
        receive->cum_tsn += run;
    }
    return true;
}

/* 6.5: acknowledged and discarded. What lies beside it may not be a message that it should belong to. */
static enum hw_data_result no_stream(struct hw_receive *receive, const struct hw_data *data, uint32_t offset,
                                     struct hawser_span *violation) {
    const struct hw_run *left = receive->interleaving ? NULL : hw_run_right(receive, data->tsn - 1);
    if ((left && !left->end) || (!receive->interleaving && hw_run_left(receive, data->tsn + 1))) {
        *violation = SENTENCE("a fragment's stream is not its message's");
        return HW_DATA_VIOLATION;
    }
    return mark_seen(receive, offset) ? HW_DATA_NO_STREAM : HW_DATA_NO_MEMORY;
}

enum hw_data_result hw_receive_data(struct hw_receive *receive, const struct hw_data *data, uint8_t path, uint32_t *reneged,
                                    struct hawser_span *violation) {
    uint32_t offset = data->tsn - receive->cum_tsn - 1;
    if (hw_tsn_at_most(data->tsn, receive->cum_tsn) ||
        (offset < HW_WINDOW_TSNS_MAX && hw_bits_test(&receive->seen, offset))) {
        note_duplicate(receive, data->tsn);
        return HW_DATA_DUPLICATE;
    }
    if (offset >= HW_WINDOW_TSNS_MAX)
        return HW_DATA_OUTSIDE;
    if (data->stream >= receive->stream_count)
        return no_stream(receive, data, offset, violation);
    if (receive->hold.deferred && hw_receive_early(receive, data))
        return HW_DATA_EARLY;
    if (!make_room(receive, offset, data->payload.size, reneged)) {
        receive->hold.ask |= receive->hold.all;
        return HW_DATA_NO_WINDOW;
    }
    /* First the bit, for it can fail and can be taken back; the cumulative point moves only when the contents are in. */
    if (offset != 0 && !hw_bits_set(&receive->seen, receive->account, offset))
        return HW_DATA_NO_MEMORY;
    enum hw_data_result result = store(receive, data, path, violation);
    if (result == HW_DATA_TAKEN) {
        if (!mark_seen(receive, offset))
            return HW_DATA_NO_MEMORY;
        if (receive->hold.all && receive->held >= receive->limit / 2)
            receive->hold.ask = true;
        receive->typical_8 += (uint32_t)data->payload.size - receive->typical_8 / 8;
        hw_run_deliver_partly(receive);
        return HW_DATA_TAKEN;
    }
    if (result == HW_DATA_SKIPPED)
        return mark_seen(receive, offset) ? result : HW_DATA_NO_MEMORY;
    if (offset != 0)
        hw_bits_clear(&receive->seen, offset);
    return result;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static void inbox_pop(struct hw_receive *receive) {
    receive->inbox = receive->inbox->next;
    if (!receive->inbox)
        receive->inbox_end = &receive->inbox;
    receive->inbox_first++;
}

static void piece_skip(struct hw_receive *receive, struct hawser_piece *piece, size_t bytes) {
    piece->data += bytes;
    piece->size -= bytes;
    receive->payload -= bytes;
}

bool hw_receive_consume(struct hw_receive *receive, size_t bytes) {
    struct hw_entry *entry = receive->inbox;
    if (!entry->run) {
        struct hw_record *record = hw_entry_record(entry);
        if (bytes < record->piece.size) {
            piece_skip(receive, &record->piece, bytes);
            record->flags &= (uint8_t)~HW_FLAG_BEGIN; /* from now on it continues */
            return false;
        }
        inbox_pop(receive);
        hw_block_drop(receive, record);
        return true;
    }
    struct hw_run *run = entry->run;
    bool final = hw_entry_final(entry);
    run->continues = run->continues || bytes > 0;
    run->bytes -= bytes;
    run->shown -= bytes < run->shown ? bytes : run->shown;
    while (bytes > 0 && bytes >= run->first->piece.size) {
        struct hw_record *record = run->first;
        bytes -= record->piece.size;
        run->first = (struct hw_record *)record->piece.next;
        hw_block_drop(receive, record);
    }
    if (!run->first)
        run->last = NULL;
    if (bytes)
        piece_skip(receive, &run->first->piece, bytes);
    if (run->first || (!final && (!receive->interleaving || run->aborted)))
        return false;
    inbox_pop(receive);
    if (final)
        hw_run_free(receive, run);
    else {
        run->in_inbox = false;
        hw_list_remove(&run->waiting);
        hw_list_prepend(&receive->waiting, &run->waiting);
    }
    return final;
}

uint32_t hw_receive_defer(struct hw_receive *receive, uint32_t shown) {
    struct hw_entry *entry = receive->inbox, **place = &receive->inbox;
    receive->inbox_first++;
    receive->inbox_next++;
    uint32_t number = receive->inbox_first + shown;
    receive->inbox = entry->next;
    for (; shown; shown--)
        place = &(*place)->next;
    entry->next = *place;
    *place = entry;
    if (!entry->next)
        receive->inbox_end = &entry->next;
    return number;
}

/* ---- beginning and end ----------------------------------------------------------------------------------------- */

/* All runs that are not in the inbox go; those that are in it get nothing more. */
static void drop_runs(struct hw_receive *receive) {
    while (!hw_list_empty(&receive->waiting))
        hw_run_drop(receive, HW_OWNER(receive->waiting.next, struct hw_run, waiting));
    for (struct hw_entry *entry = receive->inbox; entry; entry = entry->next)
        if (entry->run) {
            hw_run_unlist(receive, entry->run);
            hw_assembly_leave(receive, entry->run);
        }
}

void hw_receive_seal(struct hw_receive *receive) {
    drop_runs(receive);
    receive->hold.all = false;
    hw_receive_await_no_more(receive);
    hw_table_free(&receive->runs);
    hw_bits_free(&receive->seen, receive->account);
    hw_bits_init(&receive->seen);
    hw_sparse_free(&receive->streams, receive->account);
    hw_sparse_init(&receive->streams, receive->interleaving ? sizeof(struct hw_instream) : sizeof(uint32_t));
    hw_release(receive->account, receive->dups, HW_DUPS_MAX * sizeof *receive->dups);
    receive->dups = NULL;
    receive->dup_count = receive->mark_count = 0;
    receive->sack_now = false;
    receive->sack_packets = 0;
    for (struct hw_entry *entry = receive->inbox; entry; entry = entry->next)
        if (entry->run)
            entry->run->sealed = true;
    if (receive->inbox && hw_entry_bytes(receive->inbox) == 0) /* partly delivered, all read */
        hw_receive_consume(receive, 0);
}

void hw_receive_start(struct hw_receive *receive, uint32_t initial_tsn, uint16_t stream_count) {
    hw_receive_seal(receive);
    receive->cum_tsn = initial_tsn - 1;
    receive->stream_count = stream_count;
    receive->any = receive->gaps_before = false;
}

void hw_receive_free(struct hw_receive *receive) {
    hw_receive_seal(receive);
    while (receive->inbox)
        hw_receive_consume(receive, hw_entry_bytes(receive->inbox));
    if (receive->block)
        hw_release(receive->account, receive->block, sizeof *receive->block + receive->block->size);
    receive->block = NULL;
}
