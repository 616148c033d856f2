/* SPDX-License-Identifier: MIT
 *
 * What the measurements of usrsctp share: its sockets.
 */
#ifndef HAWSER_BENCH_USRSCTP_SOCKET_H
#define HAWSER_BENCH_USRSCTP_SOCKET_H

#include "bench.h"
#include <usrsctp.h>

/* A socket that never blocks, with buffers and streams as the options say. */
struct socket *socket_new(int family, int type, int callback);
/* Sends one message; 0, or -1 if it would block; dies of all else unless `ended` is there to be set. */
int socket_send(struct socket *socket, uint64_t number, int *ended);

void usrsctp_udp_mode(void);

#endif
