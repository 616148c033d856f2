/* SPDX-License-Identifier: MIT
 *
 * A doubly linked ring threaded through its members. A member that is in no list points at itself, so removing twice is harmless.
 */
#ifndef HW_LIST_H
#define HW_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct hw_link {
    struct hw_link *next, *prev;
};

#define HW_OWNER(link_pointer, type, member) ((type *)(void *)((char *)(link_pointer) - offsetof(type, member)))

static inline void hw_list_init(struct hw_link *link) { link->next = link->prev = link; }
static inline bool hw_list_empty(const struct hw_link *head) { return head->next == head; }
/* Also: is this member in a list? */
static inline bool hw_list_linked(const struct hw_link *link) { return link->next != link; }
static inline void hw_list_append(struct hw_link *head, struct hw_link *link) {
    link->next = head;
    link->prev = head->prev;
    head->prev->next = link;
    head->prev = link;
}
static inline void hw_list_prepend(struct hw_link *head, struct hw_link *link) { hw_list_append(head->next, link); }
static inline void hw_list_remove(struct hw_link *link) {
    link->next->prev = link->prev;
    link->prev->next = link->next;
    hw_list_init(link);
}

#endif
