/* SPDX-License-Identifier: MIT
 *
 * usrsctp in two processes over UDP on loopback, with its own threads and sockets.
 */
#include "usrsctp_socket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PORT = 5001 };
static struct socket *sender;
static uint64_t sent;

/* It wants to know its UDP ports beforehand: two below the range that the system gives out, and other ones in each run. */
static uint16_t udp_port(int side) { return (uint16_t)(10000 + (unsigned)getpgrp() % 10000 + 10000 * (unsigned)side); }

static struct socket *begin(int side, int port) {
    usrsctp_init(udp_port(side), NULL, NULL);
    usrsctp_sysctl_set_sctp_blackhole(2);
    usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    struct socket *socket = socket_new(AF_INET, SOCK_STREAM, side);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (usrsctp_bind(socket, (struct sockaddr *)&at, sizeof at) < 0)
        die("usrsctp_bind: %s", strerror(errno));
    return socket;
}

static void receive(void) {
    struct socket *listener = begin(1, PORT);
    if (usrsctp_listen(listener, 1) < 0)
        die("usrsctp_listen: %s", strerror(errno));
    received->port = udp_port(1);
    if (!usrsctp_accept(listener, NULL, NULL))
        die("usrsctp_accept: %s", strerror(errno));
    for (;;)
        pause();
}

static void work(void) {
    for (unsigned i = 0; i < 16; i++, sent++)
        if (socket_send(sender, sent, NULL))
            die("a send that may block said that it would");
}

void usrsctp_udp_mode(void) {
    udp_begin(receive);
    sender = begin(0, 0);
    struct sctp_udpencaps encapsulation = {.sue_address.ss_family = AF_INET, .sue_port = htons(received->port)};
    usrsctp_setsockopt(sender, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encapsulation, sizeof encapsulation);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (usrsctp_connect(sender, (struct sockaddr *)&to, sizeof to) < 0)
        die("usrsctp_connect: %s", strerror(errno));
    udp_measure(work);
}
