/* SPDX-License-Identifier: MIT
 *
 * The machine's addresses by rtnetlink (Linux): a dump first, then RTM_NEWADDR and RTM_DELADDR. IPv6 addresses count once
 * duplicate address detection (RFC 4862 5.4) is through with them. When the kernel lost messages for want of room all is read
 * again and compared. Sends nothing but requests to the kernel.
 */
#define _GNU_SOURCE
#include "carrier/addresses.h"

#include "base/address.h"
#include <errno.h>
#include <stdlib.h>

#if defined(__linux__)
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KNOWN_MAX 4096    /* addresses of one machine; more are not followed */
#define READ_MAX 64       /* datagrams in one go */
#define DUMP_WAIT_MS 2000 /* the kernel answers at once; if it does not, nothing is known */

struct known {
    struct hawser_address address;
    uint32_t interface;
    bool seen; /* in the dump that is being read */
};

struct hw_addresses {
    int fd;
    struct known *known;
    size_t count, room;
    uint32_t sequence; /* of the dump's request */
    bool dumping, again; /* again: messages were lost, or a dump was broken off */
};

/* ---- what is known --------------------------------------------------------------------------------------------- */

static size_t find(const struct hw_addresses *a, const struct hawser_address *address, uint32_t interface) {
    size_t i = 0;
    while (i < a->count && !(a->known[i].interface == interface && hw_address_same(&a->known[i].address, address)))
        i++;
    return i;
}

/* The same address may be on several interfaces: it is gone when the last has lost it. */
static bool anywhere(const struct hw_addresses *a, const struct hawser_address *address) {
    for (size_t i = 0; i < a->count; i++)
        if (hw_address_same(&a->known[i].address, address))
            return true;
    return false;
}

static void came(struct hw_addresses *a, const struct hawser_address *address, uint32_t interface,
                 hw_addresses_changed *changed, void *user) {
    size_t i = find(a, address, interface);
    if (i < a->count) {
        a->known[i].seen = true;
        return;
    }
    if (a->count == a->room) {
        size_t room = a->room ? 2 * a->room : 16;
        struct known *more = room > KNOWN_MAX ? NULL : realloc(a->known, room * sizeof(*more));
        if (!more)
            return;
        a->known = more;
        a->room = room;
    }
    bool fresh = !anywhere(a, address);
    a->known[a->count++] = (struct known){*address, interface, true};
    if (fresh && changed)
        changed(user, address, true);
}

static void went_at(struct hw_addresses *a, size_t i, hw_addresses_changed *changed, void *user) {
    struct hawser_address address = a->known[i].address;
    memmove(&a->known[i], &a->known[i + 1], (a->count - i - 1) * sizeof(*a->known));
    a->count--;
    if (changed && !anywhere(a, &address))
        changed(user, &address, false);
}

static void went(struct hw_addresses *a, const struct hawser_address *address, uint32_t interface, hw_addresses_changed *changed,
                 void *user) {
    size_t i = find(a, address, interface);
    if (i < a->count)
        went_at(a, i, changed, user);
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

static bool ask(struct hw_addresses *a) {
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg message;
    } request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
                            .nlmsg_type = RTM_GETADDR,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                            .nlmsg_seq = ++a->sequence},
                 .message = {.ifa_family = AF_UNSPEC}};
    for (size_t i = 0; i < a->count; i++)
        a->known[i].seen = false;
    a->again = false;
    a->dumping = send(a->fd, &request, request.header.nlmsg_len, 0) == (ssize_t)request.header.nlmsg_len;
    return a->dumping;
}

/* The address of a message, judged: true if it is one, `usable` if duplicate address detection has nothing against it. */
static bool parse(const struct nlmsghdr *header, struct hawser_address *address, uint32_t *interface, bool *usable) {
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
        return false;
    const struct ifaddrmsg *message = NLMSG_DATA(header);
    size_t size = message->ifa_family == AF_INET ? 4 : message->ifa_family == AF_INET6 ? 16 : 0;
    uint32_t flags = message->ifa_flags;
    const void *local = NULL, *own = NULL;
    int left = (int)IFA_PAYLOAD(header);
    for (const struct rtattr *r = IFA_RTA(message); RTA_OK(r, left); r = RTA_NEXT(r, left)) {
        if (r->rta_type == IFA_LOCAL && RTA_PAYLOAD(r) >= size)
            local = RTA_DATA(r); /* of a point-to-point link: IFA_ADDRESS is the other end's there */
        else if (r->rta_type == IFA_ADDRESS && RTA_PAYLOAD(r) >= size)
            own = RTA_DATA(r);
        else if (r->rta_type == IFA_FLAGS && RTA_PAYLOAD(r) >= sizeof flags)
            memcpy(&flags, RTA_DATA(r), sizeof flags);
    }
    if (!size || (!local && !own))
        return false;
    struct hawser_address raw = {.family = size == 4 ? HAWSER_IPV4 : HAWSER_IPV6, .scope = message->ifa_index};
    memcpy(raw.ip, local ? local : own, size);
    *interface = message->ifa_index;
    *usable = !(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) || (flags & IFA_F_OPTIMISTIC);
    if (raw.family == HAWSER_IPV4)
        raw.scope = 0;
    return hw_address_normalise(address, &raw) && hw_address_unicast(address);
}

static void dump_ended(struct hw_addresses *a, hw_addresses_changed *changed, void *user) {
    a->dumping = false;
    if (a->again)
        return;
    for (size_t i = a->count; i-- > 0;)
        if (!a->known[i].seen)
            went_at(a, i, changed, user);
}

static void take(struct hw_addresses *a, const struct nlmsghdr *header, hw_addresses_changed *changed, void *user) {
    struct hawser_address address;
    uint32_t interface;
    bool usable, answer = a->dumping && header->nlmsg_seq == a->sequence;
    if (answer && (header->nlmsg_flags & NLM_F_DUMP_INTR))
        a->again = true;
    if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
        a->again |= header->nlmsg_type == NLMSG_ERROR && answer;
        if (answer)
            dump_ended(a, changed, user);
    } else if ((header->nlmsg_type == RTM_NEWADDR || header->nlmsg_type == RTM_DELADDR) &&
               parse(header, &address, &interface, &usable)) {
        if (header->nlmsg_type == RTM_NEWADDR && usable)
            came(a, &address, interface, changed, user);
        else
            went(a, &address, interface, changed, user);
    }
}

/* One datagram; false: there is none. */
static bool read_one(struct hw_addresses *a, hw_addresses_changed *changed, void *user) {
    union {
        struct nlmsghdr header;
        char bytes[32768];
    } buffer;
    struct sockaddr_nl from = {0};
    socklen_t from_size = sizeof from;
    ssize_t size = recvfrom(a->fd, &buffer, sizeof buffer, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &from_size);
    if (size < 0) {
        if (errno == ENOBUFS) {
            a->again = true;
            a->dumping = false; /* its end may be among what was lost */
        }
        return errno == ENOBUFS || errno == EINTR;
    }
    if (from.nl_pid != 0)
        return true; /* not from the kernel */
    if ((size_t)size > sizeof buffer) {
        a->again = true;
        return true;
    }
    size_t left = (size_t)size;
    for (const struct nlmsghdr *h = &buffer.header; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
        take(a, h, changed, user);
    return true;
}

void hw_addresses_read(struct hw_addresses *a, hw_addresses_changed *changed, void *user) {
    unsigned count = 0;
    while (count < READ_MAX && read_one(a, changed, user))
        count++;
    /* Not before all that is older has been read: it would count as part of the answer. */
    if (count < READ_MAX && a->again && !a->dumping)
        ask(a);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

struct hw_addresses *hw_addresses_open(void) {
    struct hw_addresses *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    struct sockaddr_nl groups = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    a->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (a->fd < 0 || bind(a->fd, (struct sockaddr *)&groups, sizeof groups) != 0 || !ask(a)) {
        hw_addresses_close(a);
        return NULL;
    }
    while (a->dumping || a->again) {
        struct pollfd wait = {.fd = a->fd, .events = POLLIN};
        if (poll(&wait, 1, DUMP_WAIT_MS) == 0) {
            hw_addresses_close(a);
            errno = ETIMEDOUT;
            return NULL;
        }
        hw_addresses_read(a, NULL, NULL);
    }
    return a;
}

void hw_addresses_close(struct hw_addresses *a) {
    if (!a)
        return;
    int error = errno;
    if (a->fd >= 0)
        close(a->fd);
    free(a->known);
    free(a);
    errno = error;
}

int hw_addresses_fd(const struct hw_addresses *a) { return a->fd; }

static int rank(const struct hawser_address *address) {
    return hw_address_loopback(address) ? 2 : hw_address_link_local(address) ? 1 : 0;
}

size_t hw_addresses_list(const struct hw_addresses *a, struct hawser_address *out, size_t max) {
    size_t count = 0;
    for (int wanted = 0; wanted <= 2; wanted++)
        for (size_t i = 0; i < a->count; i++) {
            const struct hawser_address *address = &a->known[i].address;
            bool twice = false;
            for (size_t j = 0; j < i; j++)
                twice |= hw_address_same(&a->known[j].address, address);
            if (twice || rank(address) != wanted)
                continue;
            if (count < max)
                out[count] = *address;
            count++;
        }
    return count;
}

#else

struct hw_addresses *hw_addresses_open(void) {
    errno = ENOSYS;
    return NULL;
}
void hw_addresses_close(struct hw_addresses *addresses) { (void)addresses; }
int hw_addresses_fd(const struct hw_addresses *addresses) {
    (void)addresses;
    return -1;
}
void hw_addresses_read(struct hw_addresses *addresses, hw_addresses_changed *changed, void *user) {
    (void)addresses, (void)changed, (void)user;
}
size_t hw_addresses_list(const struct hw_addresses *addresses, struct hawser_address *out, size_t max) {
    (void)addresses, (void)out, (void)max;
    return 0;
}

#endif
