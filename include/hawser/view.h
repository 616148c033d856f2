/* SPDX-License-Identifier: MIT
 *
 * Views of what a stack tells of itself (<hawser/trace.h>): a text trace, and a pcapng capture that Wireshark opens. And the way
 * back: capture files taken apart into SCTP packets. Nothing here touches a stack, a clock or the heap.
 *
 *   struct hawser_view text = HAWSER_INIT(text);
 *   text.sink = hawser_view_to_file;
 *   text.sink_user = stderr;
 *   hawser_view_open_text(&text);
 *   hawser_trace(h, hawser_view_text, &text);
 *
 * A view belongs to the caller and must live as long as the callback is set. There is nothing to close: every record is handed to
 * the sink whole before the callback returns; a sink that buffers is flushed by its owner.
 */
#ifndef HAWSER_VIEW_H
#define HAWSER_VIEW_H

#include <hawser/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- views ---------------------------------------------------------------------------------------------------- */

/* Where bytes go. Borrows `data`. Returns 0, or anything else if they could not be taken: the view then writes no more. */
typedef int hawser_view_sink(void *user, const void *data, size_t size);

/* A sink over stdio: `file` is a FILE *, borrowed. */
HAWSER_API int hawser_view_to_file(void *file, const void *data, size_t size);

#define HAWSER_VIEW_NO_DIRECTION 1u /* text: leave out "in" and "out", where there is no "here" (a decoded capture) */
#define HAWSER_VIEW_PACKETS_ONLY 2u /* text: packets and why they were dropped, no states, timers and paths */

struct hawser_view {
    size_t size;
    /* the caller's part */
    hawser_view_sink *sink;
    void *sink_user;
    const char *name;             /* of the stack, at the start of each line and as the interface's name; NULL: none. Borrowed */
    uint64_t time_offset;         /* added to the time of each record (modulo 2^64). A capture wants microseconds since 1970 */
    struct hawser_address local;  /* stands in for a local address that a record does not know (family NONE) */
    uint32_t flags;               /* HAWSER_VIEW_ */
    uint32_t interface_number;    /* pcapng: 0, or a number from 1 on, in order, for further stacks that share a sink */
    /* the view's part */
    int failed;                   /* what the sink returned when it failed; 0: it never did */
    uint32_t note_size;
    char note[256];               /* pcapng: the comment of the next packet */
};

/* Begins a text trace; writes nothing. Zeroes the view's part. ARGUMENT (no sink, size too small). */
HAWSER_API int hawser_view_open_text(struct hawser_view *view);

/* Begins a pcapng capture of link type RAW (IP without a link): writes the section header (interface 0 only) and the interface
 * description. Zeroes the view's part. ARGUMENT (no sink, size too small), SYSTEM (the sink failed). */
HAWSER_API int hawser_view_open_pcapng(struct hawser_view *view);

/* A record as a line of text; for hawser_trace, `view` is a struct hawser_view opened with hawser_view_open_text.
 *
 *   0.001234 A out 10.0.0.1:5000 > 10.0.0.2:5001 udp 9899>9899 tag 0x1234abcd crc ok | SACK [...] | DATA [...]
 *   0.001234 A association 0x100000001 COOKIE-ECHOED > ESTABLISHED
 */
HAWSER_API void hawser_view_text(void *view, const struct hawser_trace_record *record);

/* A record as pcapng blocks; for hawser_trace, `view` is a struct hawser_view opened with hawser_view_open_pcapng.
 *
 * The IP header is made up, and a UDP header if the remote address has a UDP port; lengths and checksums are right (over IPv4 the
 * UDP checksum is 0, none). Wireshark reads UDP port 9899 as SCTP; for port N say `tshark -d udp.port==N,sctp`. A carrier's
 * connection (family ROUTE) is shown as IPv6: 2001:db8:0:2:: and its number for the remote end, 2001:db8:0:1:: and its
 * number for the local end. A packet is shown when it comes or goes; states, endings and reasons for dropping a packet become the
 * comment of the packet that is shown next. */
HAWSER_API void hawser_view_pcapng(void *view, const struct hawser_trace_record *record);

#define HAWSER_VIEW_TEE_MAX 4u

/* Several callbacks in the place of one: hawser_trace(h, hawser_view_tee, &tee). Zero what is not used. */
struct hawser_view_tee {
    size_t size;
    hawser_trace_function *function[HAWSER_VIEW_TEE_MAX];
    void *user[HAWSER_VIEW_TEE_MAX];
};

/* Hands the record to each function of the struct hawser_view_tee, in order. */
HAWSER_API void hawser_view_tee(void *tee, const struct hawser_trace_record *record);

#define HAWSER_VIEW_ADDRESS_MAX 64u

/* The address without its UDP port: "10.0.0.1", "fe80::1%2" (RFC 5952), "route-7", "*" for none. Writes at most
 * HAWSER_VIEW_ADDRESS_MAX bytes, the final 0 included, and returns `out`. */
HAWSER_API char *hawser_view_address(char *out, const struct hawser_address *address);

/* ---- captures ------------------------------------------------------------------------------------------------- */

#define HAWSER_CAPTURE_INTERFACES_MAX 256u

/* A capture file in memory: pcap in both byte orders with micro- or nanoseconds, or pcapng. */
struct hawser_capture {
    size_t size;
    struct hawser_span file;      /* the caller's part: the bytes, borrowed until the last frame was looked at */
    /* the reader's part */
    const char *complaint;        /* why the last call failed, in static storage; else NULL */
    size_t at;                    /* where it failed, or where the next frame is looked for */
    uint32_t frames;              /* returned so far */
    uint8_t big_endian, pcapng, nanoseconds, reserved;
    uint32_t interface_count;     /* pcapng: of this section */
    struct {
        uint16_t link;            /* link type */
        uint8_t resolution;       /* as option if_tsresol says it */
        int64_t offset;           /* seconds: if_tsoffset */
        uint32_t snap_length;
    } interfaces[HAWSER_CAPTURE_INTERFACES_MAX];
};

struct hawser_frame {
    uint32_t number;          /* from 1 on, as Wireshark counts */
    uint32_t link;            /* link type (LINKTYPE_) */
    uint64_t time;            /* microseconds since 1970; 0 if the file does not tell */
    struct hawser_span bytes; /* what was captured; lies in the file */
    size_t length;            /* what was on the wire: more, if the capture cut it short */
};

/* Reads the file's header. ARGUMENT (size too small, no file); STATE: not a capture, or damaged: see `complaint`. */
HAWSER_API int hawser_capture_open(struct hawser_capture *capture);

/* The next frame: returns 1 and fills it, or 0 at the end, or STATE: the file is damaged or ends too early: see `complaint`.
 * There is nothing more to read then. */
HAWSER_API int hawser_capture_next(struct hawser_capture *capture, struct hawser_frame *frame);

enum hawser_frame_kind {
    HAWSER_FRAME_OTHER,    /* holds no SCTP */
    HAWSER_FRAME_SCTP,     /* a whole SCTP packet */
    HAWSER_FRAME_CUT,      /* an SCTP packet of which the capture has the beginning only */
    HAWSER_FRAME_FRAGMENT, /* a fragment of an IP packet whose protocol is SCTP, or UDP if it cannot be told what is in it */
    HAWSER_FRAME_LINK      /* a link type that is not known here */
};

/* Finds the SCTP packet in a frame: straight in IP, or in UDP from or to `udp_port` (0: not in UDP). Knows Ethernet with VLAN
 * tags, Linux cooked, BSD loopback, raw IP and bare SCTP; walks IPv6 extension headers. Fills `record` as the receiver would have
 * told it (type PACKET_IN, source in `remote`, destination in `local`, the frame's time); data lies in the frame. Returns enum
 * hawser_frame_kind; for OTHER and LINK the record is zero but for type and time. */
HAWSER_API int hawser_frame_packet(const struct hawser_frame *frame, uint16_t udp_port, struct hawser_trace_record *record);

/* LINKTYPE_ numbers that hawser_frame_packet knows. */
#define HAWSER_LINK_NULL 0u
#define HAWSER_LINK_ETHERNET 1u
#define HAWSER_LINK_RAW_OLD 12u /* as DLT_RAW leaked into files */
#define HAWSER_LINK_RAW_BSD 14u
#define HAWSER_LINK_RAW 101u
#define HAWSER_LINK_LOOP 108u
#define HAWSER_LINK_COOKED 113u
#define HAWSER_LINK_IPV4 228u
#define HAWSER_LINK_IPV6 229u
#define HAWSER_LINK_SCTP 248u
#define HAWSER_LINK_COOKED2 276u

#ifdef __cplusplus
}
#endif
#endif
