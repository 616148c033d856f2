/* SPDX-License-Identifier: MIT
 *
 * The application's side of the packet conversations: sends, items, settings, status.
 */
#include "script.h"

int script_send_with(struct script *s, const struct send_spec *spec) {
    struct hawser_span body = spec->text ? (struct hawser_span){(const uint8_t *)spec->text, strlen(spec->text)}
                                         : FILL((size_t)spec->size, spec->fill);
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &body;
    message.part_count = 1;
    message.stream = (uint16_t)spec->stream;
    message.ppid = (uint32_t)spec->ppid;
    message.flags = spec->flags;
    message.path = (uint32_t)spec->path;
    message.lifetime = spec->lifetime;
    message.context = spec->context;
    message.policy = spec->policy;
    message.value = spec->value;
    message.key = spec->key;
    int error = hawser_send(s->stack, s->now, s->association, &message);
    script_log(s, "   send: stream %d, %zu bytes, flags %x: %s", (int)spec->stream, body.size, spec->flags,
               hawser_error_name(error));
    script_pump(s);
    return error;
}

void script_send(struct script *s, const char *file, int line, int stream, size_t size, uint32_t flags) {
    int error = script_send_with(s, &(struct send_spec){.stream = stream, .size = (int64_t)size, .flags = flags, .fill = 'u'});
    if (error)
        script_fail(s, file, line, "send: %s", hawser_error_name(error));
}

/* ---- items ------------------------------------------------------------------------------------------------------ */

static const char *item_name(uint32_t type) {
    static const char *const names[] = {"none",        "MESSAGE",      "ARRIVED",       "UP",         "RESTARTED", "PATH_CHANGED",
                                        "SEND_FAILED", "REMOTE_ERROR", "PEER_SHUTDOWN", "SENDER_DRY", "ENDED"};
    return type < sizeof names / sizeof names[0] ? names[type] : "unknown";
}

static const struct hawser_piece *copy_pieces(struct script *s, const struct hawser_piece *pieces, size_t size) {
    uint8_t *bytes = script_bytes(s, size);
    size_t copied = hawser_copy(pieces, 0, bytes, size);
    if (copied != size)
        FAIL("an item says %zu bytes and has %zu", size, copied);
    struct hawser_piece *piece = (struct hawser_piece *)(void *)script_bytes(s, sizeof *piece);
    *piece = (struct hawser_piece){NULL, bytes, size};
    return piece;
}

/* An item whose pointers outlive its being consumed. */
static struct hawser_item *keep_item(struct script *s, const struct hawser_item *item) {
    struct hawser_item *kept = (struct hawser_item *)(void *)script_bytes(s, sizeof *kept);
    *kept = *item;
    if (item->type == HAWSER_MESSAGE)
        kept->message.pieces = copy_pieces(s, item->message.pieces, item->message.size);
    else if (item->type == HAWSER_SEND_FAILED)
        kept->failed.pieces = copy_pieces(s, item->failed.pieces, item->failed.size);
    else if (item->type == HAWSER_REMOTE_ERROR || item->type == HAWSER_ENDED) {
        uint8_t *bytes = script_bytes(s, item->end.size);
        hw_copy(bytes, item->end.data, item->end.size);
        kept->end.data = bytes;
    }
    return kept;
}

static void log_item(struct script *s, const struct hawser_item *item) {
    switch (item->type) {
    case HAWSER_MESSAGE:
        script_log(s, "   item MESSAGE stream %u ssn %u size %zu flags %x", item->message.stream, item->message.ssn,
                   item->message.size, item->flags);
        break;
    case HAWSER_PATH_CHANGED: script_log(s, "   item PATH_CHANGED path %u state %u", item->path.path, item->path.state); break;
    case HAWSER_ENDED: script_log(s, "   item ENDED reason %u code %u", item->end.reason, item->end.code); break;
    default: script_log(s, "   item %s", item_name(item->type)); break;
    }
}

struct item_field {
    const char *name;
    int64_t wanted, got;
};

static void compare_item(struct script *s, const char *file, int line, const struct hawser_item *item,
                         const struct item_want *want) {
    bool message = item->type == HAWSER_MESSAGE, failed = item->type == HAWSER_SEND_FAILED;
    bool asked = item->type == HAWSER_ADDRESS_CHANGED;
    bool end = item->type == HAWSER_ENDED || item->type == HAWSER_REMOTE_ERROR, path = item->type == HAWSER_PATH_CHANGED;
    struct item_field fields[] = {
        {"stream", want->stream, message ? item->message.stream : failed ? item->failed.stream : -1},
        {"ssn", want->ssn, message ? item->message.ssn : -1},
        {"mid", want->mid, message ? (int64_t)item->message.mid : -1},
        {"ppid", want->ppid, message ? item->message.ppid : failed ? item->failed.ppid : 0},
        {"size", want->size, (int64_t)(message ? item->message.size : failed ? item->failed.size : end ? item->end.size : 0)},
        {"flags", want->flags, item->flags},
        {"path", want->path, message ? item->message.path : path ? item->path.path : 0},
        {"tsn", want->tsn, message ? (int32_t)(item->message.tsn - s->peer_tsn) : 0},
        {"streams_out", want->streams_out, item->up.streams_out},
        {"streams_in", want->streams_in, item->up.streams_in},
        {"port", want->port, item->up.port},
        {"state", want->state, path ? item->path.state : asked ? item->address.operation : 0},
        {"reason", want->reason,
         end ? (int64_t)item->end.reason : failed ? (int64_t)item->failed.reason : asked ? (int64_t)item->address.refused : 0},
        {"code", want->code,
         end     ? item->end.code
         : asked ? item->address.code
                 : item->type == HAWSER_ADAPTATION ? item->adaptation.indication : 0},
        {"begun", want->begun, failed ? item->failed.begun : 0},
        {"context", want->context, failed ? (int64_t)item->failed.context : 0},
        {"sent", want->sent, failed ? (int64_t)item->failed.sent : 0},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].wanted != ANY && fields[i].wanted != fields[i].got)
            script_fail(s, file, line, "item %s: %s is %lld, expected %lld", item_name(item->type), fields[i].name,
                        (long long)fields[i].got, (long long)fields[i].wanted);
    struct hawser_span bytes = {NULL, 0};
    if (message || failed) {
        const struct hawser_piece *piece = message ? item->message.pieces : item->failed.pieces;
        bytes = (struct hawser_span){piece->data, piece->size};
    } else if (end) {
        bytes = (struct hawser_span){item->end.data, item->end.size};
    }
    if (want->text && (bytes.size != strlen(want->text) || !hw_equal(bytes.data, want->text, bytes.size)))
        script_fail(s, file, line, "item %s: has \"%.*s\", expected \"%s\"", item_name(item->type), (int)bytes.size,
                    (const char *)bytes.data, want->text);
    for (size_t i = 0; want->fill != ANY && i < bytes.size; i++)
        if (bytes.data[i] != (uint8_t)want->fill)
            script_fail(s, file, line, "item %s: byte %zu is %u", item_name(item->type), i, bytes.data[i]);
}

const struct hawser_item *script_item(struct script *s, const char *file, int line, bool take, hawser_id id, uint32_t type,
                                      const struct item_want *want) {
    script_pump(s);
    struct hawser_item item;
    if (hawser_receive(s->stack, id, &item, 1) == 0)
        script_fail(s, file, line, "expected item %s, got nothing", item_name(type));
    struct hawser_item *kept = keep_item(s, &item);
    log_item(s, kept);
    if (kept->type != type)
        script_fail(s, file, line, "expected item %s, got %s", item_name(type), item_name(kept->type));
    compare_item(s, file, line, kept, want);
    if (take)
        check_equal(hawser_consume(s->stack, s->now, id, 1, 0), 0);
    script_pump(s);
    return kept;
}

void script_no_item(struct script *s, const char *file, int line, hawser_id id) {
    struct hawser_item item;
    if (hawser_receive(s->stack, id, &item, 1) != 0)
        script_fail(s, file, line, "expected no item, got %s", item_name(item.type));
}

const struct hawser_item *script_arrived(struct script *s, const char *file, int line) {
    const struct item_want want = {ITEM_DEFAULTS};
    const struct hawser_item *item = script_item(s, file, line, true, s->endpoint, HAWSER_ARRIVED, &want);
    s->association = item->association;
    return item;
}

size_t skip_items(struct script *s) {
    size_t count = 0;
    struct hawser_item item;
    while (hawser_receive(s->stack, s->association, &item, 1) == 1) {
        log_item(s, &item);
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
        count++;
        script_pump(s);
    }
    return count;
}

void script_ended(struct script *s, const char *file, int line, const struct item_want *want) {
    script_pump(s);
    struct hawser_item item;
    while (hawser_receive(s->stack, s->association, &item, 1) == 1 && item.type != HAWSER_ENDED) {
        log_item(s, &item);
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    }
    (void)script_item(s, file, line, true, s->association, HAWSER_ENDED, want);
    check_equal(hawser_close(s->stack, s->now, s->association), HAWSER_ERR_GONE);
    s->association = 0;
}

/* ---- settings and status ---------------------------------------------------------------------------------------- */

void script_set(struct script *s, const char *file, int line, int setting, int64_t value) {
    int error = hawser_set(s->stack, s->now, s->association, 0, setting, value);
    if (error)
        script_fail(s, file, line, "setting %d to %lld: %s", setting, (long long)value, hawser_error_name(error));
}

int64_t script_get(struct script *s, uint32_t path, int setting) {
    int64_t value = 0;
    int error = hawser_get(s->stack, s->association, path, setting, &value);
    if (error)
        FAIL("getting %d: %s", setting, hawser_error_name(error));
    return value;
}

uint32_t state_of(struct script *s) {
    struct hawser_status status = HAWSER_INIT(status);
    return hawser_status(s->stack, s->association, &status) == 0 ? status.state : 0;
}

struct hawser_status status_of(struct script *s) {
    struct hawser_status status = HAWSER_INIT(status);
    int error = hawser_status(s->stack, s->association, &status);
    if (error)
        FAIL("hawser_status: %s", hawser_error_name(error));
    return status;
}

struct hawser_path_status path_of(struct script *s, uint32_t number) {
    struct hawser_status status = status_of(s);
    for (uint32_t i = 0; i < status.path_count; i++) {
        struct hawser_path_status path = HAWSER_INIT(path);
        check_equal(hawser_path_status(s->stack, s->association, i, &path), 0);
        if (path.number == number)
            return path;
    }
    FAIL("no path %u", number);
}

int place_of(struct script *s, uint32_t number) {
    struct hawser_path_status path = path_of(s, number);
    return peer_number(s, &path.remote);
}

uint64_t counted(struct script *s, int counter) { return hawser_counter(s->stack, 0, counter); }
