/* SPDX-License-Identifier: MIT
 *
 * The inbox: messages queue, notifications are states that are told once each at their place among the messages. Nothing here is
 * allocated when something happens, so nothing can fail to be told for want of memory (a peer's words excepted, which are cut).
 *
 * What hawser_receive showed is remembered, so that hawser_consume takes exactly that, whatever came in between.
 */
#include "core/assoc.h"

void hw_notice_raise(struct hw_assoc *assoc, struct hw_notice *notice) {
    notice->raised = true;
    notice->place = assoc->receive.inbox_next;
    assoc->inbox.noticing = true;
    hw_inbox_check(assoc);
}

static uint8_t *keep(struct hw_assoc *assoc, uint8_t **place, uint16_t *size, struct hawser_span data) {
    *size = 0;
    if (!data.size)
        return *place;
    if (!*place)
        *place = hw_allocate(&assoc->account, HW_ERROR_DATA_MAX);
    if (*place) {
        *size = (uint16_t)(data.size < HW_ERROR_DATA_MAX ? data.size : HW_ERROR_DATA_MAX);
        memcpy(*place, data.data, *size);
    }
    return *place;
}

void hw_event_up(struct hw_assoc *assoc) {
    hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_UP]);
    hw_object_ready(assoc->stack, &assoc->object, HAWSER_WRITABLE);
}

void hw_event_error(struct hw_assoc *assoc, uint16_t code, struct hawser_span data) {
    keep(assoc, &assoc->inbox.error_data, &assoc->inbox.error_size, data);
    assoc->inbox.error_code = code;
    hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_REMOTE_ERROR]);
}

void hw_event_ended(struct hw_assoc *assoc, enum hawser_end_reason reason, uint16_t code, struct hawser_span data) {
    keep(assoc, &assoc->inbox.end_data, &assoc->inbox.end_size, data);
    assoc->inbox.end_reason = (uint8_t)reason;
    assoc->inbox.end_code = code;
    hw_inbox_check(assoc);
}

/* ---- outcomes of reconfigurations (RFC 6525 6.1) ----------------------------------------------------------------- */

struct hw_outcome *hw_outcome_make(struct hw_assoc *assoc, uint32_t type, uint32_t flags, uint32_t stream_count) {
    if (assoc->inbox.outcome_count >= HW_OUTCOMES_MAX)
        return NULL;
    struct hw_outcome *outcome = hw_allocate_zeroed(&assoc->account, sizeof *outcome + stream_count * sizeof outcome->streams[0]);
    if (!outcome)
        return NULL;
    outcome->type = type;
    outcome->flags = flags;
    outcome->stream_count = stream_count;
    assoc->inbox.outcome_count++;
    return outcome;
}

void hw_outcome_drop(struct hw_assoc *assoc, struct hw_outcome *outcome) {
    if (!outcome)
        return;
    assoc->inbox.outcome_count--;
    hw_release(&assoc->account, outcome, sizeof *outcome + outcome->stream_count * sizeof outcome->streams[0]);
}

void hw_outcome_raise(struct hw_assoc *assoc, struct hw_outcome *outcome, uint32_t flags) {
    struct hw_inbox *inbox = &assoc->inbox;
    outcome->flags |= flags;
    outcome->streams_out = assoc->send.stream_count;
    outcome->streams_in = assoc->streams_in;
    outcome->place = assoc->receive.inbox_next;
    outcome->next = NULL;
    *inbox->outcomes_end = outcome;
    inbox->outcomes_end = &outcome->next;
    if (!(outcome->flags & (HAWSER_ITEM_DENIED | HAWSER_ITEM_FAILED | HAWSER_ITEM_NOTHING)))
        HW_COUNT_OF(assoc, Reconfigured);
    hw_inbox_check(assoc);
}

static void show_outcome(const struct hw_outcome *outcome, struct hawser_item *item) {
    item->type = outcome->type;
    item->flags = outcome->flags;
    if (outcome->type == HAWSER_STREAMS_RESET) {
        item->reset.streams = outcome->stream_count ? outcome->streams : NULL;
        item->reset.stream_count = outcome->stream_count;
    } else if (outcome->type == HAWSER_ASSOCIATION_RESET) {
        item->renumbered.local_tsn = outcome->local_tsn;
        item->renumbered.peer_tsn = outcome->peer_tsn;
    } else {
        item->changed.streams_out = outcome->streams_out;
        item->changed.streams_in = outcome->streams_in;
    }
}

/* The first that was not shown yet, if its place has come. */
static bool show_next_outcome(struct hw_assoc *assoc, uint32_t place, struct hawser_item *item) {
    struct hw_inbox *inbox = &assoc->inbox;
    const struct hw_outcome *outcome = inbox->outcomes;
    for (uint32_t i = 0; outcome && i < inbox->shown_outcomes; i++)
        outcome = outcome->next;
    if (!outcome || !hw_tsn_at_most(outcome->place, place))
        return false;
    show_outcome(outcome, item);
    inbox->shown_outcomes++;
    return true;
}

static bool take_next_outcome(struct hw_assoc *assoc) {
    struct hw_inbox *inbox = &assoc->inbox;
    struct hw_outcome *outcome = inbox->outcomes;
    if (!inbox->shown_outcomes || !hw_tsn_at_most(outcome->place, assoc->receive.inbox_first))
        return false;
    inbox->shown_outcomes--;
    inbox->outcomes = outcome->next;
    if (!inbox->outcomes)
        inbox->outcomes_end = &inbox->outcomes;
    hw_outcome_drop(assoc, outcome);
    return true;
}

/* Those shown before what has this place. */
static size_t outcomes_shown(const struct hw_assoc *assoc, uint32_t place) {
    const struct hw_outcome *outcome = assoc->inbox.outcomes;
    size_t count = 0;
    for (; count < assoc->inbox.shown_outcomes && hw_tsn_at_most(outcome->place, place); outcome = outcome->next)
        count++;
    return count;
}

void hw_inbox_free(struct hw_assoc *assoc) {
    while (assoc->inbox.outcomes) {
        struct hw_outcome *outcome = assoc->inbox.outcomes;
        assoc->inbox.outcomes = outcome->next;
        hw_outcome_drop(assoc, outcome);
    }
    assoc->inbox.outcomes_end = &assoc->inbox.outcomes;
    hw_changes_free(assoc);
    hw_release(&assoc->account, assoc->inbox.error_data, HW_ERROR_DATA_MAX);
    hw_release(&assoc->account, assoc->inbox.end_data, HW_ERROR_DATA_MAX);
    assoc->inbox.error_data = assoc->inbox.end_data = NULL;
}

/* ---- readiness ------------------------------------------------------------------------------------------------- */

static bool due(const struct hw_assoc *assoc, const struct hw_notice *notice) {
    uint32_t first = assoc->receive.inbox_first;
    return (notice->raised && hw_tsn_at_most(notice->place, first)) ||
           (notice->shown && hw_tsn_at_most(notice->shown_place, first));
}

static bool any_due(const struct hw_assoc *assoc) {
    for (unsigned i = 0; i < HW_NOTICE_COUNT; i++)
        if (due(assoc, &assoc->inbox.notices[i]))
            return true;
    for (struct hw_link *link = assoc->inbox.changes.next; link != &assoc->inbox.changes; link = link->next)
        if (due(assoc, &hw_change_of(link)->notice))
            return true;
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (due(assoc, &assoc->paths[i]->notice))
            return true;
    return false;
}

/* Whether hawser_receive would show anything. */
static bool visible(const struct hw_assoc *assoc) {
    const struct hw_receive *receive = &assoc->receive;
    if (receive->inbox && (hw_entry_bytes(receive->inbox) || hw_entry_aborted(receive->inbox)))
        return true;
    if (assoc->inbox.noticing && any_due(assoc))
        return true;
    if (assoc->inbox.outcomes && hw_tsn_at_most(assoc->inbox.outcomes->place, receive->inbox_first))
        return true;
    return !receive->inbox && (!hw_list_empty(&assoc->send.failed) || assoc->inbox.end_reason);
}

void hw_inbox_check(struct hw_assoc *assoc) {
    HW_COUNT_BY(assoc, InMessages, assoc->receive.messages);
    assoc->receive.messages = 0;
    if (!assoc->object.told && !(assoc->object.ready & HAWSER_READABLE) && visible(assoc)) {
        assoc->object.told = true;
        hw_object_ready(assoc->stack, &assoc->object, HAWSER_READABLE);
    }
}

/* A quarter free is enough: what is in flight fills the buffer, too, and should not run dry before the next send. */
void hw_writable_check(struct hw_assoc *assoc) {
    struct hw_send *send = &assoc->send;
    uint64_t limit = (uint64_t)hw_setting(assoc, HAWSER_SET_SEND_BUFFER);
    if (send->blocked && (send->queued_bytes <= limit - limit / 4 || send->message_count == 0 || hw_send_stuck(send))) {
        send->blocked = false;
        hw_object_ready(assoc->stack, &assoc->object, HAWSER_WRITABLE);
    }
}

/* ---- showing --------------------------------------------------------------------------------------------------- */

static void show_up(const struct hw_assoc *assoc, struct hawser_item *item) {
    item->up.streams_out = assoc->send.stream_count;
    item->up.streams_in = assoc->streams_in;
    item->up.port = assoc->peer_port;
    if (assoc->path_count)
        item->up.remote = assoc->paths[assoc->primary]->remote;
}

/* False: there is nothing to say of it after all. */
static bool show_notice(struct hw_assoc *assoc, enum hw_notice_kind kind, struct hawser_item *item) {
    static const uint8_t types[HW_NOTICE_COUNT] = {HAWSER_UP,           HAWSER_RESTARTED,  HAWSER_ADAPTATION, HAWSER_REMOTE_ERROR,
                                                   HAWSER_PEER_SHUTDOWN, HAWSER_SENDER_DRY, HAWSER_KEY_EVENT};
    item->type = types[kind];
    if (kind == HW_NOTICE_UP || kind == HW_NOTICE_RESTARTED)
        show_up(assoc, item);
    if (kind == HW_NOTICE_ADAPTATION)
        item->adaptation.indication = assoc->adaptation;
    if (kind == HW_NOTICE_REMOTE_ERROR) {
        item->end.code = assoc->inbox.error_code;
        item->end.data = assoc->inbox.error_data;
        item->end.size = assoc->inbox.error_size;
    }
    return kind != HW_NOTICE_KEY || hw_auth_tell(assoc, item);
}

static bool show_due(struct hw_notice *notice, uint32_t place) {
    if (!notice->raised || !hw_tsn_at_most(notice->place, place))
        return false;
    notice->raised = false;
    notice->shown = true;
    notice->shown_place = notice->place;
    return true;
}

/* A notice whose place has come, into `item`. */
static bool show_next_notice(struct hw_assoc *assoc, uint32_t place, struct hawser_item *item) {
    for (unsigned i = 0; i < HW_NOTICE_COUNT; i++)
        if (show_due(&assoc->inbox.notices[i], place)) {
            if (show_notice(assoc, (enum hw_notice_kind)i, item))
                return true;
            assoc->inbox.notices[i].shown = false;
        }
    for (struct hw_link *link = assoc->inbox.changes.next; link != &assoc->inbox.changes; link = link->next)
        if (show_due(&hw_change_of(link)->notice, place)) {
            hw_change_show(hw_change_of(link), item);
            return true;
        }
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        if (show_due(&path->notice, place)) {
            item->type = HAWSER_PATH_CHANGED;
            item->path.path = path->number;
            item->path.state = hw_path_told_state(path, path->state);
            item->path.remote = path->remote;
            return true;
        }
    }
    return false;
}

/* A notification whose place has come, into `item`. */
static bool show_next(struct hw_assoc *assoc, uint32_t place, struct hawser_item *item) {
    return (assoc->inbox.noticing && show_next_notice(assoc, place, item)) || show_next_outcome(assoc, place, item);
}

/* The number that ends so; 0: that path is gone. Paths that come and go for ever may make it another's after 256 of them. */
static uint32_t path_number(const struct hw_assoc *assoc, uint8_t last) {
    for (unsigned i = 0; i < assoc->path_count; i++)
        if ((uint8_t)assoc->paths[i]->number == last)
            return assoc->paths[i]->number;
    return 0;
}

static void show_message(struct hw_assoc *assoc, struct hw_entry *entry, struct hawser_item *item) {
    const struct hw_record *first = hw_entry_first(entry);
    struct hw_run *run = entry->run;
    item->type = HAWSER_MESSAGE;
    item->message.pieces = first ? &first->piece : NULL; /* none: it was aborted after all had been read */
    item->message.size = hw_entry_bytes(entry);
    static const struct hw_record nobody;
    const struct hw_record *record = first ? first : &nobody; /* if there is none, there is a run */
    item->message.ppid = run ? run->ppid : record->ppid;
    uint32_t ssn = run ? run->ssn : record->ssn;
    item->message.stream = run ? run->stream : record->stream;
    item->message.ssn = (uint16_t)ssn; /* RFC 8260 4.1 */
    item->message.mid = ssn;
    item->message.tsn = record->tsn;
    item->message.path = path_number(assoc, run ? run->path : record->path);
    bool continues = run ? run->continues : !(record->flags & HW_FLAG_BEGIN);
    bool unordered = run ? run->unordered : record->flags & HW_FLAG_UNORDERED, aborted = hw_entry_aborted(entry);
    item->flags = (unordered ? HAWSER_ITEM_UNORDERED : 0) | (continues ? HAWSER_ITEM_CONTINUES : 0) |
                  (aborted ? HAWSER_ITEM_ABORTED : hw_entry_complete(entry) ? 0 : HAWSER_ITEM_MORE);
    if (!run)
        return;
    run->shown = item->message.size;
    run->sealed |= aborted; /* the user knows: consumed, it is gone */
}

static void show_failed(const struct hw_outmsg *message, struct hawser_item *item) {
    item->type = HAWSER_SEND_FAILED;
    const struct hawser_piece *first = message->first.piece.size ? &message->first.piece : message->first.piece.next;
    size_t gone = message->trimmed; /* acknowledged for good and given back */
    item->failed.pieces = first;
    for (const struct hawser_piece *piece = first; piece; piece = piece->next)
        item->failed.size += piece->size;
    item->failed.ppid = message->ppid;
    item->failed.stream = message->stream;
    item->failed.begun = message->begun;
    item->failed.flags = message->flags;
    item->failed.reason = message->reason;
    item->failed.context = message->context;
    item->failed.sent = message->cut > gone ? message->cut - gone : 0;
    item->failed.policy = message->policy;
}

static void show_end(const struct hw_assoc *assoc, struct hawser_item *item) {
    item->type = HAWSER_ENDED;
    item->end.reason = assoc->inbox.end_reason;
    item->end.code = assoc->inbox.end_code;
    item->end.data = assoc->inbox.end_data;
    item->end.size = assoc->inbox.end_size;
}

/* What was shown and not consumed comes again. True: the notice is raised. */
static bool unshow_notice(struct hw_notice *notice) {
    if (notice->shown && !notice->raised) {
        notice->raised = true;
        notice->place = notice->shown_place;
    }
    notice->shown = false;
    return notice->raised;
}

static bool unshow_notices(struct hw_assoc *assoc) {
    bool any = false;
    for (unsigned i = 0; i < HW_NOTICE_COUNT; i++)
        any |= unshow_notice(&assoc->inbox.notices[i]);
    for (struct hw_link *link = assoc->inbox.changes.next; link != &assoc->inbox.changes; link = link->next)
        any |= unshow_notice(&hw_change_of(link)->notice);
    for (unsigned i = 0; i < assoc->path_count; i++)
        any |= unshow_notice(&assoc->paths[i]->notice);
    return any;
}

static void unshow(struct hw_assoc *assoc) {
    assoc->inbox.noticing = assoc->inbox.noticing && unshow_notices(assoc);
    assoc->inbox.shown_messages = assoc->inbox.shown_failed = assoc->inbox.shown_outcomes = 0;
    assoc->inbox.ended_shown = false;
}

static struct hawser_item *fresh(const struct hw_assoc *assoc, struct hawser_item *item) {
    memset(item, 0, sizeof *item);
    item->association = assoc->object.id;
    return item;
}

static size_t receive_assoc(struct hw_assoc *assoc, struct hawser_item *items, size_t max) {
    unshow(assoc);
    struct hw_entry *entry = assoc->receive.inbox;
    uint32_t place = assoc->receive.inbox_first;
    size_t count = 0;
    while (count < max) {
        if (show_next(assoc, place, fresh(assoc, &items[count]))) {
            count++;
            continue;
        }
        if (!entry || (hw_entry_bytes(entry) == 0 && !hw_entry_aborted(entry)))
            break;
        show_message(assoc, entry, &items[count++]);
        assoc->inbox.shown_messages++;
        if (!hw_entry_final(entry) && !assoc->receive.interleaving)
            return count; /* what comes behind waits for its end */
        entry = entry->next;
        place++;
    }
    if (entry)
        return count;
    for (struct hw_link *link = assoc->send.failed.next; count < max && link != &assoc->send.failed; link = link->next) {
        show_failed(hw_outmsg_of(link), fresh(assoc, &items[count++]));
        assoc->inbox.shown_failed++;
    }
    if (count < max && assoc->inbox.end_reason) {
        show_end(assoc, fresh(assoc, &items[count++]));
        assoc->inbox.ended_shown = true;
    }
    return count;
}

static size_t receive_endpoint(struct hw_endpoint *endpoint, struct hawser_item *items, size_t max) {
    size_t count = 0;
    for (struct hw_link *link = endpoint->arrivals.next; count < max && link != &endpoint->arrivals; link = link->next) {
        struct hw_assoc *assoc = HW_OWNER(link, struct hw_assoc, arrival_link);
        struct hawser_item *item = fresh(assoc, &items[count++]);
        item->type = HAWSER_ARRIVED;
        show_up(assoc, item);
    }
    endpoint->shown = (uint32_t)count;
    return count;
}

size_t hawser_receive(hawser *stack, hawser_id id, struct hawser_item *items, size_t max) {
    struct hw_object *object = hw_object_find(stack, id);
    if (!object || !items)
        return 0;
    size_t count = object->kind == HW_KIND_ENDPOINT ? receive_endpoint(HW_OWNER(object, struct hw_endpoint, object), items, max)
                                                    : receive_assoc(hw_assoc_of(object), items, max);
    if (count == 0 && max)
        object->told = false; /* drained: the next thing is told again */
    return count;
}

size_t hawser_copy(const struct hawser_piece *pieces, size_t offset, void *out, size_t max) {
    uint8_t *at = out;
    size_t left = max;
    for (; pieces && left; pieces = pieces->next) {
        if (offset >= pieces->size) {
            offset -= pieces->size;
            continue;
        }
        size_t size = pieces->size - offset < left ? pieces->size - offset : left;
        memcpy(at, pieces->data + offset, size);
        at += size;
        left -= size;
        offset = 0;
    }
    return max - left;
}

/* ---- consuming ------------------------------------------------------------------------------------------------- */

static bool take_notice(struct hw_notice *notice, uint32_t place) {
    if (!notice->shown || !hw_tsn_at_most(notice->shown_place, place))
        return false;
    notice->shown = false;
    return true;
}

static bool take_next_notice(struct hw_assoc *assoc) {
    uint32_t place = assoc->receive.inbox_first;
    for (unsigned i = 0; i < HW_NOTICE_COUNT; i++)
        if (take_notice(&assoc->inbox.notices[i], place)) {
            if (i == HW_NOTICE_KEY)
                hw_auth_told(assoc);
            return true;
        }
    for (struct hw_link *link = assoc->inbox.changes.next; link != &assoc->inbox.changes; link = link->next)
        if (take_notice(&hw_change_of(link)->notice, place)) {
            hw_change_taken(assoc, hw_change_of(link));
            return true;
        }
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (take_notice(&assoc->paths[i]->notice, place))
            return true;
    return false;
}

static size_t shown_bytes(const struct hw_entry *entry) { return entry->run ? entry->run->shown : hw_entry_bytes(entry); }

/* Consumed bytes open the window; a SACK tells of it when that is worth while: a quarter of the whole more, or twice as much
 * (6.2), and then two packets' worth, or all that reading can bring. */
static void window_opened(struct hw_assoc *assoc) {
    struct hw_receive *receive = &assoc->receive;
    if ((!hw_assoc_sends_data(assoc) && assoc->state != HAWSER_SHUTDOWN_SENT) || !receive->any)
        return; /* none came yet, or none since an SSN/TSN reset: the peer may not know the TSN that a SACK would have */
    uint32_t segment = assoc->paths[assoc->primary]->pmdcs, window = hw_received_window(receive, segment);
    uint32_t more = window > receive->advertised ? window - receive->advertised : 0;
    bool all_read = !receive->inbox || !hw_entry_bytes(receive->inbox);
    if (more >= receive->limit / 4 || (more && more >= receive->advertised && (more >= 2 * segment || all_read))) {
        hw_received_timer(receive);
        hw_assoc_touch(assoc);
    }
}

static void move_notice(struct hw_notice *notice, uint32_t place) {
    if (notice->raised && hw_tsn_at_most(place, notice->place))
        notice->place++;
}

/* Those that were not shown yet. */
static void move_outcomes(struct hw_inbox *inbox, uint32_t place) {
    uint32_t i = 0;
    for (struct hw_outcome *outcome = inbox->outcomes; outcome; outcome = outcome->next)
        if (i++ >= inbox->shown_outcomes && hw_tsn_at_most(place, outcome->place))
            outcome->place++;
}

/* All that was shown of the first message, which shown_messages counts no more. With I-DATA it may have grown since, and others
 * were shown after it: the rest comes behind them. */
static void take_shown(struct hw_assoc *assoc, size_t bytes) {
    struct hw_receive *receive = &assoc->receive;
    struct hw_entry *entry = receive->inbox;
    hw_receive_consume(receive, bytes);
    if (receive->inbox != entry || !(receive->interleaving || assoc->inbox.shown_messages))
        return;
    uint32_t place = hw_receive_defer(receive, assoc->inbox.shown_messages);
    for (unsigned i = 0; i < HW_NOTICE_COUNT; i++)
        move_notice(&assoc->inbox.notices[i], place);
    for (unsigned i = 0; i < assoc->path_count; i++)
        move_notice(&assoc->paths[i]->notice, place);
    for (struct hw_link *link = assoc->inbox.changes.next; link != &assoc->inbox.changes; link = link->next)
        move_notice(&hw_change_of(link)->notice, place);
    move_outcomes(&assoc->inbox, place);
}

static bool take_one(struct hw_assoc *assoc, bool *ended) {
    struct hw_inbox *inbox = &assoc->inbox;
    if ((inbox->noticing && take_next_notice(assoc)) || take_next_outcome(assoc))
        return true;
    if (inbox->shown_messages && HW_HOLDS(&assoc->stack->faults, assoc->receive.inbox != NULL)) {
        inbox->shown_messages--;
        take_shown(assoc, shown_bytes(assoc->receive.inbox));
        return true;
    }
    if (inbox->shown_failed) {
        inbox->shown_failed--;
        hw_sendq_drop_failed(&assoc->send);
        return true;
    }
    if (inbox->ended_shown) {
        *ended = true;
        return true;
    }
    return false;
}

/* Notifications shown before what has this place. */
static size_t notices_shown(const struct hw_assoc *assoc, uint32_t place) {
    size_t count = outcomes_shown(assoc, place);
    if (!assoc->inbox.noticing)
        return count;
    for (unsigned i = 0; i < HW_NOTICE_COUNT; i++)
        count += assoc->inbox.notices[i].shown && hw_tsn_at_most(assoc->inbox.notices[i].shown_place, place);
    for (const struct hw_link *link = assoc->inbox.changes.next; link != &assoc->inbox.changes; link = link->next) {
        const struct hw_notice *notice = &HW_OWNER(link, struct hw_change, link)->notice;
        count += notice->shown && hw_tsn_at_most(notice->shown_place, place);
    }
    for (unsigned i = 0; i < assoc->path_count; i++)
        count += assoc->paths[i]->notice.shown && hw_tsn_at_most(assoc->paths[i]->notice.shown_place, place);
    return count;
}

/* The last look showed `items` items and then a message of at least this many bytes. */
static bool was_shown(const struct hw_assoc *assoc, size_t items, size_t bytes_of_next) {
    const struct hw_inbox *inbox = &assoc->inbox;
    uint32_t place = assoc->receive.inbox_first;
    if (!bytes_of_next)
        return items <= notices_shown(assoc, assoc->receive.inbox_next) + inbox->shown_messages + inbox->shown_failed +
                            inbox->ended_shown;
    const struct hw_entry *entry = assoc->receive.inbox;
    for (uint32_t i = 0; entry && i < inbox->shown_messages; i++, place++, entry = entry->next)
        if (i + notices_shown(assoc, place) == items)
            return bytes_of_next <= shown_bytes(entry);
    return false;
}

static int consume_assoc(struct hw_assoc *assoc, size_t items, size_t bytes_of_next) {
    bool ended = false;
    if (!was_shown(assoc, items, bytes_of_next))
        return HAWSER_ERR_ARGUMENT;
    for (; items; items--)
        if (!take_one(assoc, &ended))
            return HAWSER_ERR_ARGUMENT;
    if (ended) {
        if (assoc->owed) /* its farewell is not yet said */
            return hawser_close(assoc->stack, assoc->stack->now, assoc->object.id);
        hw_assoc_free(assoc);
        return 0;
    }
    if (bytes_of_next) {
        if (bytes_of_next == shown_bytes(assoc->receive.inbox)) {
            assoc->inbox.shown_messages--;
            take_shown(assoc, bytes_of_next);
        } else
            hw_receive_consume(&assoc->receive, bytes_of_next);
    }
    window_opened(assoc);
    if (!visible(assoc))
        assoc->object.told = false;
    return 0;
}

static int consume_endpoint(struct hw_endpoint *endpoint, size_t items, size_t bytes_of_next) {
    if (items > endpoint->shown || bytes_of_next)
        return HAWSER_ERR_ARGUMENT;
    for (; items; items--) {
        struct hw_assoc *assoc = HW_OWNER(endpoint->arrivals.next, struct hw_assoc, arrival_link);
        hw_list_remove(&assoc->arrival_link);
        endpoint->arrival_count--;
        endpoint->shown--;
    }
    if (!endpoint->arrival_count)
        endpoint->object.told = false;
    return 0;
}

int hawser_consume(hawser *stack, hawser_time now, hawser_id id, size_t items, size_t bytes_of_next) {
    hw_now(stack, now);
    struct hw_object *object = hw_object_find(stack, id);
    if (!object)
        return HAWSER_ERR_GONE;
    if (object->kind == HW_KIND_ENDPOINT)
        return consume_endpoint(HW_OWNER(object, struct hw_endpoint, object), items, bytes_of_next);
    return consume_assoc(hw_assoc_of(object), items, bytes_of_next);
}
