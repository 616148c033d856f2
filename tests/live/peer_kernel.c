/* SPDX-License-Identifier: MIT
 *
 * A live peer on the sockets of a kernel with SCTP: Linux, through its own header, so that no library is needed. One association
 * on a one-to-many socket; the application is in peer.c. Whether SCTP goes in UDP is a setting of the kernel (net.sctp.udp_port,
 * net.sctp.encap_port): --udp and --to-udp change nothing here.
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

#define SEND_BUFFER   4194304 /* so that a message of 1 MB never waits for an empty one; net.core.wmem_max allows or cuts it */
#define PIECE_MAX     262144
#define LAST_FRAGMENT 1 /* flag E of a DATA chunk */

struct run {
    struct peer peer;
    int socket;
    sctp_assoc_t association; /* 0: none yet */
    bool blocked;             /* a message waits for room in the socket */
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
    struct sctp_sndrcvinfo info = {.sinfo_stream = message->stream, .sinfo_ppid = htonl(message->ppid),
                                   .sinfo_flags = message->unordered ? SCTP_UNORDERED : 0};
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

static const struct peer_calls calls = {call_send, call_shutdown, call_abort};

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

/* The kernel gives an ABORT from the peer as a cause, with the causes as they came; a peer that answers no more as no cause. */
static void take_loss(struct run *run, const struct sctp_assoc_change *change) {
    bool remote = change->sac_length > sizeof *change, aborted = remote || change->sac_error != 0;
    char why[400] = "";
    if (remote && change->sac_length > sizeof *change + 4)
        snprintf(why, sizeof why, "%.*s", (int)(change->sac_length - sizeof *change - 4), (const char *)change->sac_info + 4);
    else
        snprintf(why, sizeof why, "cause %u", change->sac_error);
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

static void take_notification(struct run *run) {
    union sctp_notification note;
    struct sockaddr_storage address;
    char text[INET6_ADDRSTRLEN];
    memcpy(&note, run->buffer, sizeof note);
    switch (note.sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE: take_change(run, (const struct sctp_assoc_change *)run->buffer); break;
    case SCTP_PEER_ADDR_CHANGE:
        memcpy(&address, &note.sn_paddr_change.spc_aaddr, sizeof address);
        address_text(&address, text);
        if (note.sn_paddr_change.spc_state == SCTP_ADDR_UNREACHABLE)
            peer_path(&run->peer, text, false);
        else if (note.sn_paddr_change.spc_state == SCTP_ADDR_AVAILABLE || note.sn_paddr_change.spc_state == SCTP_ADDR_CONFIRMED)
            peer_path(&run->peer, text, true);
        break;
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
        take_notification(run);
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

static int set(struct run *run, int option, const void *value, size_t size) {
    return report("setsockopt", setsockopt(run->socket, IPPROTO_SCTP, option, value, (socklen_t)size));
}

static int settings(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    struct sctp_event_subscribe events = {.sctp_data_io_event = 1, .sctp_association_event = 1, .sctp_address_event = 1,
                                          .sctp_send_failure_event = 1, .sctp_peer_error_event = 1};
    struct sctp_initmsg init = {.sinit_num_ostreams = options->streams, .sinit_max_instreams = 65535};
    struct sctp_rtoinfo rto = {.srto_initial = options->rto_max < 3000 ? options->rto_max : 0, .srto_min = options->rto_min,
                               .srto_max = options->rto_max};
    struct sctp_assocparams limits = {.sasoc_asocmaxrxt = (uint16_t)options->max};
    struct sctp_paddrparams path = {.spp_hbinterval = options->heartbeat, .spp_pathmaxrxt = (uint16_t)options->path_max,
                                    .spp_flags = options->heartbeat ? SPP_HB_ENABLE : 0};
    int room = SEND_BUFFER, window = (int)options->rcvbuf * 2; /* the kernel advertises half of it */
    if (report("SO_SNDBUF", setsockopt(run->socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room)) ||
        (window && report("SO_RCVBUF", setsockopt(run->socket, SOL_SOCKET, SO_RCVBUF, &window, sizeof window))) ||
        set(run, SCTP_EVENTS, &events, sizeof events) || set(run, SCTP_INITMSG, &init, sizeof init) ||
        set(run, SCTP_RTOINFO, &rto, sizeof rto) || set(run, SCTP_ASSOCINFO, &limits, sizeof limits))
        return -1;
    return set(run, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
}

static int open_all(struct run *run) {
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
    if (length == 0 || report("socket", run->socket) < 0 || settings(run) || set(run, SCTP_SOCKOPT_BINDX_ADD, packed, length))
        return -1;
    if (options->listens || options->mode == PEER_COLLIDE) {
        if (report("listen", listen(run->socket, 8)))
            return -1;
        peer_note(&run->peer, "listening");
    }
    if (options->listens && options->mode != PEER_COLLIDE)
        return 0;
    length = pack(options->to, options->to_count, family, options->to_port, packed);
    if (length == 0)
        return -1;

    int result = setsockopt(run->socket, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX, packed, (socklen_t)length);
    return result < 0 && errno != EINPROGRESS && errno != EISCONN && errno != EALREADY ? report("connect", result) : 0;
}

int main(int argc, char **argv) {
    static struct run run;
    struct peer_options options;
    int status;
    if (!peer_options(&options, argc, argv, &status))
        return status;
    peer_begin(&run.peer, &options, &calls, &run);
    if (open_all(&run))
        return 1;
    while (!peer_done(&run.peer)) {
        bool reads = peer_reads(&run.peer) || !run.peer.up;
        struct pollfd waiting = {.fd = run.socket, .events = (short)((reads ? POLLIN : 0) | (run.blocked ? POLLOUT : 0))};
        if (poll(&waiting, 1, peer_wait(&run.peer)) < 0 && errno != EINTR)
            break;
        while ((peer_reads(&run.peer) || !run.peer.up) && !peer_done(&run.peer) && read_one(&run))
            continue;
        peer_work(&run.peer);
    }
    status = peer_result(&run.peer);
    close(run.socket);
    return status;
}
