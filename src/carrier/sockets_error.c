/* SPDX-License-Identifier: MIT
 *
 * The carrier over sockets: what the network said of packets that we sent. Linux keeps ICMP and ICMPv6 messages in the socket's
 * error queue (IP_RECVERR), with the bytes that they quote; the stack judges whether those are its own (RFC 9260 10).
 */
#define _GNU_SOURCE
#include "carrier/sockets.h"

#include "carrier/address.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

uint32_t hw_sockets_route_mtu(const struct hawser_address *remote) {
    int mtu = 0;
#if defined(IP_MTU) && defined(IPV6_MTU)
    /* Only a connected socket knows its route; connecting sends nothing. */
    struct sockaddr_storage name;
    socklen_t size = hw_sockaddr_set(&name, remote, remote->udp_port), value_size = sizeof(mtu);
    int fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    bool ipv4 = remote->family == HAWSER_IPV4;
    if (connect(fd, (struct sockaddr *)&name, size) != 0 ||
        getsockopt(fd, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_MTU : IPV6_MTU, &mtu, &value_size) != 0)
        mtu = 0;
    close(fd);
#else
    (void)remote;
#endif
    return mtu > 0 ? (uint32_t)mtu : 0;
}

#ifdef __linux__
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

/* What an ICMP or ICMPv6 message means, 0 for one to be ignored (RFC 9260 10 ICMP1 to ICMP9). SCTP has no use for "port
 * unreachable"; over UDP it says that there is no SCTP (RFC 6951 5.5). */
static uint32_t report_kind(const struct sock_extended_err *error, bool raw) {
    uint32_t no_port = raw ? HAWSER_REPORT_PORT : HAWSER_REPORT_PROTOCOL;
    if (error->ee_origin == SO_EE_ORIGIN_ICMP && error->ee_type == ICMP_DEST_UNREACH) {
        if (error->ee_code == ICMP_FRAG_NEEDED)
            return HAWSER_REPORT_TOO_BIG;
        if (error->ee_code == ICMP_PORT_UNREACH)
            return no_port;
        if (error->ee_code == ICMP_PROT_UNREACH)
            return HAWSER_REPORT_PROTOCOL;
        return HAWSER_REPORT_UNREACHABLE;
    }
    if (error->ee_origin == SO_EE_ORIGIN_ICMP6) {
        if (error->ee_type == ICMP6_PACKET_TOO_BIG)
            return HAWSER_REPORT_TOO_BIG;
        if (error->ee_type == ICMP6_DST_UNREACH)
            return error->ee_code == ICMP6_DST_UNREACH_NOPORT ? no_port : HAWSER_REPORT_UNREACHABLE;
        if (error->ee_type == ICMP6_PARAM_PROB && error->ee_code == ICMP6_PARAMPROB_NEXTHEADER)
            return HAWSER_REPORT_PROTOCOL;
    }
    return 0; /* SO_EE_ORIGIN_LOCAL too: sockets_send.c knows more about it */
}

void hw_sockets_drain_errors(struct hw_sockets *own, struct hw_socket *socket, hawser *stack, hawser_time now) {
    uint8_t quoted[1280]; /* ICMPv6 quotes up to this much, ICMP less (RFC 4443 3.1, RFC 1812 4.3.2.3) */
    for (int i = 0; i < 2 * HW_SOCKETS_SEND_BATCH; i++) {
        struct sockaddr_storage name;
        struct hw_control control;
        struct iovec part = {.iov_base = quoted, .iov_len = sizeof(quoted)};
        struct msghdr message = {.msg_name = &name,
                                 .msg_namelen = sizeof(name),
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        ssize_t size = recvmsg(socket->fd, &message, MSG_ERRQUEUE);
        if (size < 0)
            return;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
            if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
                !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
                continue;
            struct sock_extended_err error;
            memcpy(&error, CMSG_DATA(c), sizeof(error));
            struct hawser_report report = HAWSER_INIT(report);
            report.kind = report_kind(&error, socket->raw);
            if (report.kind == 0)
                continue;
            if (report.kind == HAWSER_REPORT_TOO_BIG)
                report.mtu = error.ee_info;
            hw_sockaddr_get(&name, &report.remote);
            if (socket->raw)
                report.remote.udp_port = 0;
            if (!socket->wildcard)
                report.local = socket->address;
            report.quoted = (struct hawser_span){.data = quoted, .size = (size_t)size};
            own->counters.icmp++;
            hawser_report(stack, now, &report);
        }
    }
}
#else
void hw_sockets_drain_errors(struct hw_sockets *own, struct hw_socket *socket, hawser *stack, hawser_time now) {
    (void)own, (void)socket, (void)stack, (void)now;
}
#endif
