/* SPDX-License-Identifier: MIT
 *
 * What the peers on sockets do alike. Linux and usrsctp have the options, structures and events of RFC 6458, each in a header of
 * its own, so this is compiled with either: it is included after that header and after `struct run`, which has `peer` and
 * `association`. What each of them does its own way is declared here and defined by it.
 */
#ifndef PEER_SOCKETS_H
#define PEER_SOCKETS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* As setsockopt and getsockopt. */
static int set_option(struct run *run, int level, int option, const void *value, size_t size);
static int get_option(struct run *run, int option, void *value, socklen_t *size);
/* Of the association, or with SCTP_FUTURE_ASSOC of the one to come; -1 and errno if there is no such one. */
static int set_scheduler(struct run *run, enum peer_scheduler scheduler, sctp_assoc_t association);
static int change_address(struct run *run, const struct peer_step *step);
static int name_primary(struct run *run, const char *address);

static int report(const char *what, int result) {
    if (result < 0)
        fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
    return result;
}

static int set(struct run *run, int option, const void *value, size_t size) {
    return set_option(run, IPPROTO_SCTP, option, value, size);
}

static int set_value(struct run *run, int option, uint32_t value, const char *name) {
    struct sctp_assoc_value all = {.assoc_value = value};
    return report(name, set(run, option, &all, sizeof all));
}

static int get_status(struct run *run, struct sctp_status *status) {
    socklen_t size = sizeof *status;
    *status = (struct sctp_status){.sstat_assoc_id = run->association};
    return report("SCTP_STATUS", get_option(run, SCTP_STATUS, status, &size));
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

/* One after the other, as bindx and connectx want them. Returns their length, 0 if one is none. */
static size_t pack(const char *const *texts, unsigned count, int family, uint16_t port, void *out) {
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        bool is_v4 = inet_pton(AF_INET, texts[i], &v4.sin_addr) == 1;
        if (!is_v4 && (family == AF_INET || inet_pton(AF_INET6, texts[i], &v6.sin6_addr) != 1)) {
            fprintf(stderr, "peer: %s: not an address\n", texts[i]);
            return 0;
        }
        memcpy((uint8_t *)out + length, is_v4 ? (void *)&v4 : (void *)&v6, is_v4 ? sizeof v4 : sizeof v6);
        length += is_v4 ? sizeof v4 : sizeof v6;
    }
    return length;
}

/* Of a struct sockaddr_storage, which may lie anywhere. */
static void address_text(const void *from, char text[INET6_ADDRSTRLEN]) {
    struct sockaddr_storage address;
    memcpy(&address, from, sizeof address);
    const void *ip = address.ss_family == AF_INET ? (const void *)&((const struct sockaddr_in *)&address)->sin_addr
                                                  : (const void *)&((const struct sockaddr_in6 *)&address)->sin6_addr;
    if (!inet_ntop(address.ss_family, ip, text, INET6_ADDRSTRLEN))
        strcpy(text, "?");
}

/* ---- what the application asks for ------------------------------------------------------------------------------- */

/* SCTP_RESET_STREAMS has a list behind its end. */
static int reset_streams(struct run *run, const struct peer_step *step) {
    union {
        struct sctp_reset_streams request;
        uint8_t bytes[sizeof(struct sctp_reset_streams) + PEER_NUMBERS_MAX * sizeof(uint16_t)];
    } all = {.request = {.srs_assoc_id = run->association, .srs_number_streams = (uint16_t)step->number_count,
                         .srs_flags = step->act == PEER_RESET_OUT ? SCTP_STREAM_RESET_OUTGOING : SCTP_STREAM_RESET_INCOMING}};
    memcpy(all.bytes + sizeof all.request, step->number, step->number_count * sizeof *step->number);
    return set(run, SCTP_RESET_STREAMS, &all, sizeof all.request + step->number_count * sizeof *step->number);
}

/* -1 and errno, or the number of outcomes that will be told. */
static int act(struct run *run, const struct peer_step *step) {
    struct sctp_authkeyid key = {run->association, step->number[0]};
    struct sctp_add_streams add = {run->association, .sas_outstrms = step->number[0], .sas_instrms = step->number[1]};
    int result = -1, outcomes = 0;
    switch (step->act) {
    case PEER_RESET_OUT:
    case PEER_RESET_IN: result = reset_streams(run, step), outcomes = 1; break;
    case PEER_RESET_ALL: result = set(run, SCTP_RESET_ASSOC, &run->association, sizeof run->association), outcomes = 1; break;
    case PEER_ADD_STREAMS:
        result = set(run, SCTP_ADD_STREAMS, &add, sizeof add);
        outcomes = (step->number[0] > 0) + (step->number[1] > 0);
        break;
    case PEER_USE_KEY: result = set(run, SCTP_AUTH_ACTIVE_KEY, &key, sizeof key); break;
    case PEER_RETIRE_KEY: result = set(run, SCTP_AUTH_DEACTIVATE_KEY, &key, sizeof key); break;
    case PEER_ADD_ADDRESS:
    case PEER_REMOVE_ADDRESS: result = change_address(run, step); break;
    case PEER_NAME_PRIMARY: result = name_primary(run, step->text); break;
    case PEER_SCHEDULE: result = set_scheduler(run, (enum peer_scheduler)step->number[0], run->association); break;
    }
    return result < 0 ? -1 : outcomes;
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

static void take_up(struct run *run, const struct sctp_assoc_change *change) {
    struct sctp_status status;
    char text[INET6_ADDRSTRLEN] = "?";
    run->association = change->sac_assoc_id;
    if (get_status(run, &status) == 0)
        address_text(&status.sstat_primary.spinfo_address, text);
    peer_up(&run->peer, change->sac_outbound_streams, change->sac_inbound_streams, text);
}

static void take_path(struct run *run, const struct sctp_paddr_change *change) {
    char text[INET6_ADDRSTRLEN];
    address_text(&change->spc_aaddr, text);
    switch (change->spc_state) {
    case SCTP_ADDR_UNREACHABLE: peer_path(&run->peer, text, false); break;
    case SCTP_ADDR_AVAILABLE:
    case SCTP_ADDR_CONFIRMED: peer_path(&run->peer, text, true); break;
    case SCTP_ADDR_ADDED: peer_address(&run->peer, text, "added", false); break;
    case SCTP_ADDR_REMOVED: peer_address(&run->peer, text, "removed", false); break;
    case SCTP_ADDR_MADE_PRIM: peer_address(&run->peer, text, "made primary", false); break;
    default: break;
    }
}

/* Of an event of RE-CONFIG (RFC 6525). */
static enum peer_outcome outcome(uint16_t flags) {
    return flags & SCTP_STREAM_RESET_DENIED ? PEER_DENIED : flags & SCTP_STREAM_RESET_FAILED ? PEER_FAILED : PEER_DONE;
}

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

/* `rto_initial`: milliseconds, 0: as the stack has it. */
static int parameters(struct run *run, uint32_t rto_initial) {
    const struct peer_options *options = &run->peer.options;
    struct sctp_initmsg init = {.sinit_num_ostreams = options->streams, .sinit_max_instreams = 65535};
    struct sctp_rtoinfo rto = {.srto_initial = rto_initial, .srto_min = options->rto_min, .srto_max = options->rto_max};
    struct sctp_assocparams limits = {.sasoc_asocmaxrxt = (uint16_t)options->max};
    struct sctp_paddrparams path = {.spp_hbinterval = options->heartbeat, .spp_pathmaxrxt = (uint16_t)options->path_max,
                                    .spp_flags = options->heartbeat ? SPP_HB_ENABLE : 0};
    if (report("SCTP_INITMSG", set(run, SCTP_INITMSG, &init, sizeof init)) ||
        report("SCTP_RTOINFO", set(run, SCTP_RTOINFO, &rto, sizeof rto)) ||
        report("SCTP_ASSOCINFO", set(run, SCTP_ASSOCINFO, &limits, sizeof limits)))
        return -1;
    return report("SCTP_PEER_ADDR_PARAMS", set(run, SCTP_PEER_ADDR_PARAMS, &path, sizeof path));
}

/* Keys and types of chunks, for associations to come. */
static int authentication(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    for (unsigned i = 0; i < options->auth_chunk_count; i++) {
        struct sctp_authchunk chunk = {(uint8_t)options->auth_chunks[i]};
        if (report("SCTP_AUTH_CHUNK", set(run, SCTP_AUTH_CHUNK, &chunk, sizeof chunk)))
            return -1;
    }
    for (unsigned i = 0; i < options->key_count; i++) {
        union {
            struct sctp_authkey key;
            uint8_t bytes[sizeof(struct sctp_authkey) + 256];
        } all = {.key = {.sca_keynumber = options->keys[i].number}};
        size_t length = strnlen(options->keys[i].secret, 256);
        all.key.sca_keylength = (uint16_t)length;
        memcpy(all.bytes + sizeof all.key, options->keys[i].secret, length);
        if (report("SCTP_AUTH_KEY", set(run, SCTP_AUTH_KEY, &all, sizeof all.key + length)))
            return -1;
    }
    struct sctp_authkeyid active = {.scact_keynumber = options->keys[0].number};
    return options->key_count ? report("SCTP_AUTH_ACTIVE_KEY", set(run, SCTP_AUTH_ACTIVE_KEY, &active, sizeof active)) : 0;
}

/* What --asconf and --ecn ask for: for those alone, other associations of a kernel are as it has it. */
static int extensions(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    struct sctp_paddrthlds failing = {.spt_pathmaxrxt = (uint16_t)(options->path_max ? options->path_max : 5),
                                      .spt_pathpfthld = (uint16_t)options->failing};
    uint32_t resets = SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_RESET_ASSOC_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ;
    int level = 2; /* Linux has but one */
    if (options->interleaving &&
        (report("SCTP_FRAGMENT_INTERLEAVE", set(run, SCTP_FRAGMENT_INTERLEAVE, &level, sizeof level)) ||
         set_value(run, SCTP_INTERLEAVING_SUPPORTED, 1, "SCTP_INTERLEAVING_SUPPORTED")))
        return -1;
    if (options->scheduler && report("scheduler", set_scheduler(run, options->scheduler, SCTP_FUTURE_ASSOC)))
        return -1;
    if (options->asconf && set_value(run, SCTP_ASCONF_SUPPORTED, 1, "SCTP_ASCONF_SUPPORTED"))
        return -1;
    if (options->failing && report("SCTP_PEER_ADDR_THLDS", set(run, SCTP_PEER_ADDR_THLDS, &failing, sizeof failing)))
        return -1;
    if (set_value(run, SCTP_ENABLE_STREAM_RESET, options->streams_change ? resets : 0, "SCTP_ENABLE_STREAM_RESET") ||
        set_value(run, SCTP_ECN_SUPPORTED, options->ecn, "SCTP_ECN_SUPPORTED"))
        return -1;
    return authentication(run);
}

#endif
