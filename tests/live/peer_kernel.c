/* SPDX-License-Identifier: MIT
 *
 * A live peer on the sockets of a kernel with SCTP: Linux, through its own header, so that no library is needed. One association
 * on a one-to-many socket; the application is in peer.c. Whether SCTP goes in UDP is a setting of the kernel (net.sctp.udp_port,
 * net.sctp.encap_port): --udp and --to-udp change nothing here. Extensions must be switched on in net.sctp, too (vm/init).
 */
#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_MAX     262144
#define LAST_FRAGMENT 1 /* flag E of a DATA chunk */

struct run {
    struct peer peer;
    int socket;
    sctp_assoc_t association; /* 0: none yet */
    bool blocked;             /* a message waits for room in the socket */
    uint16_t told_key;
    uint8_t buffer[PIECE_MAX];
};

static int report(const char *what, int result) {
    if (result < 0)
        fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
    return result;
}

/* ---- what the application asks for ------------------------------------------------------------------------------- */

static ssize_t send_with(struct run *run, const void *data, size_t size, struct sctp_sndrcvinfo info) {
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof info)];
    } control = {.header = {.cmsg_level = IPPROTO_SCTP, .cmsg_type = SCTP_SNDRCV, .cmsg_len = CMSG_LEN(sizeof info)}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    info.sinfo_assoc_id = run->association;
    memcpy(CMSG_DATA(&control.header), &info, sizeof info);
    return sendmsg(run->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int call_send(void *user, const struct peer_message *message) {
    struct run *run = user;
    /* What was cut for larger packets would never be cut anew. */
    if (run->peer.options.probe && !run->peer.mtu_found)
        return 0;
    static const uint16_t policies[] = {[PEER_TTL] = SCTP_PR_SCTP_TTL, [PEER_RTX] = SCTP_PR_SCTP_RTX,
                                        [PEER_PRIO] = SCTP_PR_SCTP_PRIO, [PEER_BUFFER] = SCTP_PR_SCTP_NONE};
    uint16_t flags = (uint16_t)(policies[message->policy] | (message->unordered ? SCTP_UNORDERED : 0));
    struct sctp_sndrcvinfo info = {.sinfo_stream = message->stream, .sinfo_ppid = htonl(message->ppid),
                                   .sinfo_flags = flags, .sinfo_timetolive = message->policy_value};
    ssize_t sent = send_with(run, message->data, message->size, info);
    run->blocked = sent < 0 && errno == EAGAIN;
    return run->blocked ? 0 : report("send", (int)sent) < 0 ? -1 : 1;
}

static void call_shutdown(void *user) {
    report("shutdown", (int)send_with(user, NULL, 0, (struct sctp_sndrcvinfo){.sinfo_flags = SCTP_EOF}));
}

static void call_abort(void *user, const char *reason) {
    report("abort", (int)send_with(user, reason, strlen(reason), (struct sctp_sndrcvinfo){.sinfo_flags = SCTP_ABORT}));
}

static size_t pack(const char *const *texts, unsigned count, int family, uint16_t port, uint8_t *out);

static int set(struct run *run, int option, const void *value, size_t size) {
    return setsockopt(run->socket, IPPROTO_SCTP, option, value, (socklen_t)size);
}

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

static int add_streams(struct run *run, const struct peer_step *step) {
    struct sctp_add_streams request = {run->association, .sas_outstrms = step->number[0], .sas_instrms = step->number[1]};
    return set(run, SCTP_ADD_STREAMS, &request, sizeof request);
}

static int change_address(struct run *run, const struct peer_step *step) {
    uint8_t packed[sizeof(struct sockaddr_in6)];
    size_t length = pack(&step->text, 1, AF_INET6, 0, packed);
    return set(run, step->act == PEER_ADD_ADDRESS ? SCTP_SOCKOPT_BINDX_ADD : SCTP_SOCKOPT_BINDX_REM, packed, length);
}

static int name_primary(struct run *run, const char *address) {
    struct sctp_setpeerprim request = {.sspp_assoc_id = run->association};
    struct sockaddr_in own = {0};
    socklen_t length = sizeof own;
    getsockname(run->socket, (struct sockaddr *)&own, &length);
    pack(&address, 1, AF_INET6, ntohs(own.sin_port), (uint8_t *)&request.sspp_addr);
    return set(run, SCTP_SET_PEER_PRIMARY_ADDR, &request, sizeof request);
}

/* -1 with EOPNOTSUPP for what Linux 6.1 does not have. */
static int set_scheduler(struct run *run, enum peer_scheduler scheduler, sctp_assoc_t association) {
    struct sctp_assoc_value value = {association, scheduler == PEER_FCFS ? SCTP_SS_FCFS
                                                  : scheduler == PEER_PRIORITY ? SCTP_SS_PRIO : SCTP_SS_RR};
    if (scheduler == PEER_FCFS || scheduler == PEER_PRIORITY || scheduler == PEER_ROUND_ROBIN)
        return set(run, SCTP_STREAM_SCHEDULER, &value, sizeof value);
    errno = EOPNOTSUPP;
    return -1;
}

/* The kernel refuses a reset while there is something to send, and two requests at once. */
static int call_act(void *user, const struct peer_step *step) {
    struct run *run = user;
    struct sctp_authkeyid key = {run->association, step->number[0]};
    int result = -1, outcomes = 0;
    switch (step->act) {
    case PEER_RESET_OUT:
    case PEER_RESET_IN: result = reset_streams(run, step), outcomes = 1; break;
    case PEER_RESET_ALL: result = set(run, SCTP_RESET_ASSOC, &run->association, sizeof run->association), outcomes = 1; break;
    case PEER_ADD_STREAMS: result = add_streams(run, step), outcomes = (step->number[0] > 0) + (step->number[1] > 0); break;
    case PEER_USE_KEY: result = set(run, SCTP_AUTH_ACTIVE_KEY, &key, sizeof key); break;
    case PEER_RETIRE_KEY: result = set(run, SCTP_AUTH_DEACTIVATE_KEY, &key, sizeof key); break;
    case PEER_ADD_ADDRESS:
    case PEER_REMOVE_ADDRESS: result = change_address(run, step); break;
    case PEER_NAME_PRIMARY: result = name_primary(run, step->text); break;
    case PEER_SCHEDULE: result = set_scheduler(run, (enum peer_scheduler)step->number[0], run->association); break;
    }
    if (result < 0 && (errno == EAGAIN || errno == EINPROGRESS))
        return 0;
    return report("step", result) < 0 ? -1 : 1 + outcomes;
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

static void address_text(const struct sockaddr_storage *address, char text[INET6_ADDRSTRLEN]) {
    const void *ip = address->ss_family == AF_INET ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                                                   : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    if (!inet_ntop(address->ss_family, ip, text, INET6_ADDRSTRLEN))
        strcpy(text, "?");
}

static void take_up(struct run *run, const struct sctp_assoc_change *change) {
    struct sctp_status status = {.sstat_assoc_id = change->sac_assoc_id};
    socklen_t size = sizeof status;
    char text[INET6_ADDRSTRLEN] = "?";
    if (report("SCTP_STATUS", getsockopt(run->socket, IPPROTO_SCTP, SCTP_STATUS, &status, &size)) == 0) {
        struct sockaddr_storage address;
        memcpy(&address, &status.sstat_primary.spinfo_address, sizeof address);
        address_text(&address, text);
    }
    run->association = change->sac_assoc_id;
    peer_up(&run->peer, change->sac_outbound_streams, change->sac_inbound_streams, text);
}

/* The kernel gives an ABORT from the peer as a cause, with the causes as they came. A peer that answers no more is no cause, as
 * is an ABORT that has none: after a SHUTDOWN it is taken for that. */
static void take_loss(struct run *run, const struct sctp_assoc_change *change) {
    bool remote = change->sac_length > sizeof *change, aborted = remote || change->sac_error != 0;
    char why[400] = "";
    if (remote && change->sac_length > sizeof *change + 4)
        snprintf(why, sizeof why, "%.*s", (int)(change->sac_length - sizeof *change - 4), (const char *)change->sac_info + 4);
    else
        snprintf(why, sizeof why, "cause %u", change->sac_error);
    if (!aborted && run->peer.peer_closes)
        peer_ended(&run->peer, PEER_FORGOTTEN, true, why);
    else
        peer_ended(&run->peer, aborted ? PEER_ABORTED : PEER_LOST, remote, why);
}

static void take_change(struct run *run, const struct sctp_assoc_change *change) {
    if (run->association && change->sac_assoc_id != run->association)
        return; /* one that was refused */
    switch (change->sac_state) {
    case SCTP_COMM_UP: take_up(run, change); break;
    case SCTP_RESTART: peer_restarted(&run->peer); break;
    case SCTP_SHUTDOWN_COMP: peer_ended(&run->peer, PEER_SHUTDOWN, false, NULL); break;
    case SCTP_COMM_LOST: take_loss(run, change); break;
    default: peer_ended(&run->peer, PEER_LOST, false, "it could not be set up"); break;
    }
}

static enum peer_outcome outcome(uint16_t flags) {
    return flags & SCTP_STREAM_RESET_DENIED ? PEER_DENIED : flags & SCTP_STREAM_RESET_FAILED ? PEER_FAILED : PEER_DONE;
}

/* The kernel tells how many have come; the peer wants to know how many there are. */
static void take_streams(struct run *run, uint16_t flags) {
    struct sctp_status status = {.sstat_assoc_id = run->association};
    socklen_t size = sizeof status;
    if (report("SCTP_STATUS", getsockopt(run->socket, IPPROTO_SCTP, SCTP_STATUS, &status, &size)) == 0)
        peer_streams(&run->peer, status.sstat_outstrms, status.sstat_instrms, outcome(flags));
}

static void take_path(struct run *run, const struct sctp_paddr_change *change) {
    struct sockaddr_storage address;
    char text[INET6_ADDRSTRLEN];
    memcpy(&address, &change->spc_aaddr, sizeof address);
    address_text(&address, text);
    switch (change->spc_state) {
    case SCTP_ADDR_UNREACHABLE: peer_path(&run->peer, text, false); break;
    case SCTP_ADDR_AVAILABLE:
    case SCTP_ADDR_CONFIRMED: peer_path(&run->peer, text, true); break;
    case SCTP_ADDR_ADDED: peer_address(&run->peer, text, "added", false); break;
    case SCTP_ADDR_REMOVED: peer_address(&run->peer, text, "removed", false); break;
    case SCTP_ADDR_MADE_PRIM: peer_address(&run->peer, text, "made primary", false); break;
    case SCTP_ADDR_POTENTIALLY_FAILED: peer_address(&run->peer, text, "potentially failed", false); break;
    default: break;
    }
}

/* Linux tells of a new key with each packet that bears its number. */
static void take_key(struct run *run, const struct sctp_authkey_event *event) {
    static const char *const texts[] = {[SCTP_AUTH_NEW_KEY] = "new", [SCTP_AUTH_FREE_KEY] = "not in use any more",
                                        [SCTP_AUTH_NO_AUTH] = "the peer has no AUTH"};
    if (event->auth_indication > SCTP_AUTH_NO_AUTH ||
        (event->auth_indication == SCTP_AUTH_NEW_KEY && event->auth_keynumber == run->told_key))
        return;
    if (event->auth_indication == SCTP_AUTH_NEW_KEY)
        run->told_key = event->auth_keynumber;
    peer_note(&run->peer, "key %u: %s", event->auth_keynumber, texts[event->auth_indication]);
}

static void take_notification(struct run *run, size_t size) {
    union sctp_notification note;
    memcpy(&note, run->buffer, sizeof note);
    uint16_t flags = note.sn_header.sn_flags;
    const struct sctp_stream_reset_event *reset = (const struct sctp_stream_reset_event *)run->buffer;
    switch (note.sn_header.sn_type) {
    case SCTP_STREAM_RESET_EVENT:
        peer_reset(&run->peer, flags & SCTP_STREAM_RESET_INCOMING_SSN, reset->strreset_stream_list,
                   (unsigned)((size - sizeof *reset) / sizeof(uint16_t)), outcome(flags));
        break;
    case SCTP_SHUTDOWN_EVENT: peer_closes(&run->peer); break;
    case SCTP_ASSOC_RESET_EVENT: peer_renumbered(&run->peer, outcome(flags)); break;
    case SCTP_STREAM_CHANGE_EVENT: take_streams(run, flags); break;
    case SCTP_AUTHENTICATION_INDICATION: take_key(run, &note.sn_authkey_event); break;
    case SCTP_ASSOC_CHANGE: take_change(run, (const struct sctp_assoc_change *)run->buffer); break;
    case SCTP_PEER_ADDR_CHANGE: take_path(run, &note.sn_paddr_change); break;
    case SCTP_SEND_FAILED: /* once for each DATA chunk; one of them ends the message */
        if (note.sn_send_failed.ssf_info.sinfo_flags & LAST_FRAGMENT)
            peer_unsent(&run->peer, 1);
        break;
    case SCTP_REMOTE_ERROR:
        peer_note(&run->peer, "the peer sent an ERROR, cause %u", ntohs(note.sn_remote_error.sre_error));
        break;
    default: break;
    }
}

/* What comes is one queue, notifications among the messages. Returns false when there is no more for now. */
static bool read_one(struct run *run) {
    uint8_t control[CMSG_SPACE(sizeof(struct sctp_sndrcvinfo))];
    struct iovec part = {.iov_base = run->buffer, .iov_len = sizeof run->buffer};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct sctp_sndrcvinfo info = {0};
    ssize_t size = recvmsg(run->socket, &message, MSG_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? false : report("recvmsg", -1) == 0;
    if (message.msg_flags & MSG_NOTIFICATION) {
        take_notification(run, (size_t)size);
        return true;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == IPPROTO_SCTP && c->cmsg_type == SCTP_SNDRCV)
            memcpy(&info, CMSG_DATA(c), sizeof info);
    struct peer_message piece = {.data = run->buffer, .size = (size_t)size, .stream = info.sinfo_stream,
                                 .ppid = ntohl(info.sinfo_ppid), .unordered = info.sinfo_flags & SCTP_UNORDERED,
                                 .end = message.msg_flags & MSG_EOR};
    peer_take(&run->peer, &piece);
    peer_work(&run->peer); /* an echo wants to go before the next is read */
    return true;
}

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

/* One after the other, as the kernel wants them. Returns their length, 0 if one is none. */
static size_t pack(const char *const *texts, unsigned count, int family, uint16_t port, uint8_t *out) {
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        bool is_v4 = inet_pton(AF_INET, texts[i], &v4.sin_addr) == 1;
        if (!is_v4 && (family == AF_INET || inet_pton(AF_INET6, texts[i], &v6.sin6_addr) != 1)) {
            fprintf(stderr, "peer: %s: not an address\n", texts[i]);
            return 0;
        }
        memcpy(out + length, is_v4 ? (void *)&v4 : (void *)&v6, is_v4 ? sizeof v4 : sizeof v6);
        length += is_v4 ? sizeof v4 : sizeof v6;
    }
    return length;
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

static int set_value(struct run *run, int option, uint32_t value, const char *name) {
    struct sctp_assoc_value all = {.assoc_value = value};
    return report(name, set(run, option, &all, sizeof all));
}

/* What --asconf and --ecn ask for: for those alone, other associations of this kernel are as it has it. */
static int extensions(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    struct sctp_probeinterval probe = {.spi_interval = options->probe};
    struct sctp_paddrthlds failing = {.spt_pathmaxrxt = (uint16_t)(options->path_max ? options->path_max : 5),
                                      .spt_pathpfthld = (uint16_t)options->failing};
    struct sctp_udpencaps plain = {.sue_port = 0};
    int one = 1;
    if (options->interleaving &&
        (report("SCTP_FRAGMENT_INTERLEAVE", set(run, SCTP_FRAGMENT_INTERLEAVE, &one, sizeof one)) ||
         set_value(run, SCTP_INTERLEAVING_SUPPORTED, 1, "SCTP_INTERLEAVING_SUPPORTED")))
        return -1;
    if (options->scheduler && report("SCTP_STREAM_SCHEDULER", set_scheduler(run, options->scheduler, SCTP_FUTURE_ASSOC)))
        return -1;
    uint32_t resets = options->streams_change ? SCTP_ENABLE_STRRESET_MASK : 0;
    if (set_value(run, SCTP_ENABLE_STREAM_RESET, resets, "SCTP_ENABLE_STREAM_RESET") ||
        set_value(run, SCTP_ECN_SUPPORTED, options->ecn, "SCTP_ECN_SUPPORTED"))
        return -1;
    if (options->asconf && set_value(run, SCTP_ASCONF_SUPPORTED, 1, "SCTP_ASCONF_SUPPORTED"))
        return -1;
    if (options->probe && report("SCTP_PLPMTUD_PROBE_INTERVAL", set(run, SCTP_PLPMTUD_PROBE_INTERVAL, &probe, sizeof probe)))
        return -1;
    if (options->failing && (report("SCTP_PEER_ADDR_THLDS", set(run, SCTP_PEER_ADDR_THLDS, &failing, sizeof failing)) ||
                             set_value(run, SCTP_EXPOSE_PF_STATE, 2, "SCTP_EXPOSE_PF_STATE")))
        return -1;
    if (options->ip && report("SCTP_REMOTE_UDP_ENCAPS_PORT", set(run, SCTP_REMOTE_UDP_ENCAPS_PORT, &plain, sizeof plain)))
        return -1;
    return authentication(run);
}

static int settings(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    struct sctp_event_subscribe events = {.sctp_data_io_event = 1, .sctp_association_event = 1, .sctp_address_event = 1,
                                          .sctp_send_failure_event = 1, .sctp_peer_error_event = 1,
                                          .sctp_shutdown_event = 1, .sctp_authentication_event = 1, .sctp_stream_reset_event = 1,
                                          .sctp_assoc_reset_event = 1, .sctp_stream_change_event = 1};
    struct sctp_initmsg init = {.sinit_num_ostreams = options->streams, .sinit_max_instreams = 65535};
    struct sctp_rtoinfo rto = {.srto_initial = options->rto_max < 3000 ? options->rto_max : 0, .srto_min = options->rto_min,
                               .srto_max = options->rto_max};
    struct sctp_assocparams limits = {.sasoc_asocmaxrxt = (uint16_t)options->max};
    struct sctp_paddrparams path = {.spp_hbinterval = options->heartbeat, .spp_pathmaxrxt = (uint16_t)options->path_max,
                                    .spp_flags = options->heartbeat ? SPP_HB_ENABLE : 0};
    int room = (int)options->sndbuf; /* net.core.wmem_max allows or cuts it */
    int window = (int)options->rcvbuf * 2; /* the kernel advertises half of it */
    if (report("SO_SNDBUF", setsockopt(run->socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room)) ||
        (window && report("SO_RCVBUF", setsockopt(run->socket, SOL_SOCKET, SO_RCVBUF, &window, sizeof window))) ||
        report("SCTP_EVENTS", set(run, SCTP_EVENTS, &events, sizeof events)) ||
        report("SCTP_INITMSG", set(run, SCTP_INITMSG, &init, sizeof init)) ||
        report("SCTP_RTOINFO", set(run, SCTP_RTOINFO, &rto, sizeof rto)) ||
        report("SCTP_ASSOCINFO", set(run, SCTP_ASSOCINFO, &limits, sizeof limits)) ||
        report("SCTP_PEER_ADDR_PARAMS", set(run, SCTP_PEER_ADDR_PARAMS, &path, sizeof path)))
        return -1;
    return extensions(run);
}

static bool call_open(void *user) {
    struct run *run = user;
    const struct peer_options *options = &run->peer.options;
    static const char *const any[] = {"0.0.0.0", "::"};
    uint8_t packed[PEER_ADDRESSES_MAX * sizeof(struct sockaddr_in6)];
    int family = AF_INET;
    for (unsigned i = 0; i < options->local_count; i++)
        family = strchr(options->local[i], ':') ? AF_INET6 : family;
    for (unsigned i = 0; i < options->to_count; i++)
        family = strchr(options->to[i], ':') ? AF_INET6 : family;
    bool bind_any = options->local_count == 0;
    size_t length = pack(bind_any ? &any[family == AF_INET6] : options->local, bind_any ? 1 : options->local_count, family,
                         options->port, packed);
    run->socket = socket(family, SOCK_SEQPACKET | SOCK_NONBLOCK, IPPROTO_SCTP);
    if (length == 0 || report("socket", run->socket) < 0 || settings(run) ||
        report("bind", set(run, SCTP_SOCKOPT_BINDX_ADD, packed, length)))
        return false;
    if (options->listens) {
        if (report("listen", listen(run->socket, 8)))
            return false;
        peer_note(&run->peer, "listening");
    }
    if (!options->connects)
        return true;
    length = pack(options->to, options->to_count, family, options->to_port, packed);
    if (length == 0)
        return false;
    bool begun = set(run, SCTP_SOCKOPT_CONNECTX, packed, length) >= 0 || errno == EINPROGRESS || errno == EISCONN ||
                 errno == EALREADY;
    return begun || report("connect", -1) == 0;
}

/* Linux begins with the MTU of the interface, and changes that when it has found out what the path carries. */
static void tell_mtu(struct run *run) {
    struct sctp_status status = {.sstat_assoc_id = run->association};
    socklen_t size = sizeof status;
    if (getsockopt(run->socket, IPPROTO_SCTP, SCTP_STATUS, &status, &size) < 0)
        return;
    uint32_t mtu = status.sstat_primary.spinfo_mtu;
    peer_mtu(&run->peer, mtu, run->peer.mtu_found || (run->peer.mtu && run->peer.mtu != mtu));
}

static bool call_turn(void *user) {
    struct run *run = user;
    struct peer *peer = &run->peer;
    bool reads = peer_reads(peer) || !peer->up;
    struct pollfd waiting = {.fd = run->socket, .events = (short)((reads ? POLLIN : 0) | (run->blocked ? POLLOUT : 0))};
    if (poll(&waiting, 1, peer_wait(peer)) < 0 && errno != EINTR)
        return false;
    while ((peer_reads(peer) || !peer->up) && !peer_done(peer) && read_one(run))
        continue;
    if (peer->options.probe && peer->up && peer->end == PEER_LIVES)
        tell_mtu(run);
    return true;
}

static void call_close(void *user) {
    struct run *run = user;
    close(run->socket);
}

int main(int argc, char **argv) {
    static struct run run;
    static const struct peer_calls calls = {call_open, call_turn, call_close, call_send, call_shutdown, call_abort, call_act};
    return peer_main(&run.peer, &calls, &run, argc, argv);
}
