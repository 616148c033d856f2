/* SPDX-License-Identifier: MIT
 *
 * hawser decode: SCTP packets from a capture, a hex dump or a bare packet as the text trace. The reading of captures and the text
 * are the library's (<hawser/view.h>); here are the options, the file, and hex dumps.
 */
#include "tools.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: hawser decode [--udp-port PORT] [--raw] [--link TYPE] FILE\n"
    "\n"
    "Prints the SCTP packets in FILE (\"-\": standard input), a line each, checksums checked. FILE is a pcap or pcapng\n"
    "capture, or a hex dump, in which an empty line or an offset of 0 begins a new packet.\n"
    "\n"
    "  --udp-port PORT  the UDP port that carries SCTP (default 9899; 0: look at plain IP only)\n"
    "  --raw            FILE is one packet, its bytes as they are\n"
    "  --link TYPE      what the packets of a hex dump or of --raw begin with: sctp (default), ip or ethernet\n"
    "  -h, --help       this text\n"
    "  --version        the version\n"
    "\n"
    "Exit status: 0 all was read, 1 wrong usage, 5 FILE cannot be read, is damaged, or holds no SCTP.\n";

struct decoder {
    const char *tool, *file; /* names for messages */
    uint16_t udp_port;
    bool raw, faulty, started;
    uint32_t link;
    struct hawser_view view;
    uint32_t packets; /* SCTP, whole or not */
};

/* A message on the file, after what was printed; the exit status will tell of it too. */
__attribute__((format(printf, 2, 3))) static void fault(struct decoder *decoder, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "%s: %s: ", decoder->tool, decoder->file);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    decoder->faulty = true;
}

/* ---- frames --------------------------------------------------------------------------------------------------- */

/* The beginning of a line that the view does not write, as the view writes it. */
static void print_begin(const struct decoder *decoder, const struct hawser_frame *frame) {
    uint64_t time = frame->time + decoder->view.time_offset;
    printf("%" PRIu64 ".%06" PRIu64 " #%" PRIu32 " ", time / 1000000, time % 1000000, frame->number);
}

static void decode_frame(struct decoder *decoder, const struct hawser_frame *frame) {
    struct hawser_trace_record record;
    char name[16], source[HAWSER_VIEW_ADDRESS_MAX], destination[HAWSER_VIEW_ADDRESS_MAX];
    if (!decoder->started)
        decoder->view.time_offset = 0 - frame->time; /* times count from the first frame */
    decoder->started = true;
    switch (hawser_frame_packet(frame, decoder->udp_port, &record)) {
    case HAWSER_FRAME_LINK:
        if (!decoder->faulty) /* once is enough: the others are the same */
            fault(decoder, "frame %" PRIu32 ": link type %" PRIu32 " is not known", frame->number, frame->link);
        break;
    case HAWSER_FRAME_FRAGMENT:
        decoder->packets++;
        print_begin(decoder, frame);
        printf("%s > %s fragment of an IP packet, %zu bytes: not decoded\n", hawser_view_address(source, &record.packet.remote),
               hawser_view_address(destination, &record.packet.local), record.packet.length);
        break;
    case HAWSER_FRAME_CUT:
        print_begin(decoder, frame);
        printf("cut short by the capture (%zu of %zu bytes): checksum and end cannot be right\n", frame->bytes.size,
               frame->length);
        /* fall through */
    case HAWSER_FRAME_SCTP:
        decoder->packets++;
        snprintf(name, sizeof name, "#%" PRIu32, frame->number);
        decoder->view.name = name;
        hawser_view_text(&decoder->view, &record);
        decoder->view.name = NULL;
        break;
    default: break;
    }
}

static int finish(struct decoder *decoder, uint32_t frames) {
    if (fflush(stdout) || decoder->view.failed || ferror(stdout)) {
        fprintf(stderr, "%s: standard output: %s\n", decoder->tool, strerror(errno));
        return STATUS_IO;
    }
    if (decoder->packets == 0 && !decoder->faulty)
        fault(decoder, "no SCTP in %" PRIu32 " frames (in UDP it is looked for on port %u, see --udp-port)", frames,
              (unsigned)decoder->udp_port);
    return decoder->faulty ? STATUS_IO : STATUS_GRACEFUL;
}

static int decode_capture(struct decoder *decoder, struct hawser_capture *capture) {
    struct hawser_frame frame;
    while (hawser_capture_next(capture, &frame) == 1)
        decode_frame(decoder, &frame);
    if (capture->complaint)
        fault(decoder, "after frame %" PRIu32 ", at byte %zu: %s", capture->frames, capture->at, capture->complaint);
    return finish(decoder, capture->frames);
}

/* ---- hex dumps ------------------------------------------------------------------------------------------------ */

#define PACKET_MAX 262144u

struct hex {
    struct decoder *decoder;
    uint32_t line, packets;
    bool offsets; /* the packet's lines have them */
    size_t size;
    uint8_t packet[PACKET_MAX];
};

static void hex_finish_packet(struct hex *hex) {
    hex->offsets = false;
    if (hex->size == 0)
        return;
    struct hawser_frame frame = {
        .number = ++hex->packets,
        .link = hex->decoder->link,
        .bytes = {hex->packet, hex->size},
        .length = hex->size,
    };
    decode_frame(hex->decoder, &frame);
    hex->size = 0;
}

static bool hex_fault(struct hex *hex, const char *what) {
    fault(hex->decoder, "line %" PRIu32 ": %s", hex->line, what);
    return false;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A word of a line: what lies before it and how many hex digits it begins with. */
struct word {
    size_t spaces;
    const char *text;
    size_t digits;
    bool whole; /* nothing but digits */
    bool colon; /* digits and a colon: an offset */
};

/* The word at `*at`, which moves behind it; false at the end of the line. */
static bool next_word(const char **at, const char *end, struct word *word) {
    const char *p = *at;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == ','))
        p++;
    word->spaces = (size_t)(p - *at);
    if (p == end)
        return false;
    if (end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
        p += 2;
    word->text = p;
    while (p < end && hex_digit(*p) >= 0)
        p++;
    word->digits = (size_t)(p - word->text);
    word->colon = word->digits && p < end && *p == ':';
    const char *stop = p;
    while (p < end && *p != ' ' && *p != '\t' && *p != '\r' && *p != ',')
        p++;
    word->whole = word->digits && p == stop;
    *at = word->colon ? stop + 1 : p;
    return true;
}

static bool hex_append(struct hex *hex, const struct word *word) {
    if (word->digits % 2)
        return hex_fault(hex, "an odd number of hexadecimal digits");
    if (hex->size + word->digits / 2 > PACKET_MAX)
        return hex_fault(hex, "the packet is too long");
    for (size_t i = 0; i < word->digits; i += 2)
        hex->packet[hex->size++] = (uint8_t)(hex_digit(word->text[i]) << 4 | hex_digit(word->text[i + 1]));
    return true;
}

/* Whether the first word is an offset: "0010:", or longer than a byte in front of single bytes, as in "0010  13 88 ...", or alone
 * behind such lines (some tools end with the length). */
static bool is_offset(const struct hex *hex, const struct word *first, const char *rest, const char *end) {
    struct word second;
    if (first->colon)
        return true;
    if (!first->whole || first->digits <= 2)
        return false;
    return next_word(&rest, end, &second) ? second.whole && second.digits == 2 : hex->offsets;
}

/* A line; what stands behind the bytes of a line with an offset (the same as characters) is passed over. */
static bool hex_line(struct hex *hex, const char *at, const char *end) {
    struct word word;
    if (!next_word(&at, end, &word)) {
        hex_finish_packet(hex);
        return true;
    }
    if (*word.text == '#')
        return true;
    bool offset = is_offset(hex, &word, at, end);
    if (offset) {
        bool zero = true;
        for (size_t i = 0; i < word.digits; i++)
            zero = zero && word.text[i] == '0';
        if (zero)
            hex_finish_packet(hex);
        hex->offsets = true;
        if (!next_word(&at, end, &word))
            return true;
    }
    for (bool first = true;; first = false) {
        bool column = !first && word.spaces > (word.digits > 2 ? 1u : 2u);
        if (offset && (column || !word.whole))
            return true;
        if (!word.whole)
            return hex_fault(hex, "not a hexadecimal dump (use --raw for the bytes of a packet)");
        if (!hex_append(hex, &word))
            return false;
        if (!next_word(&at, end, &word))
            return true;
    }
}

static int decode_hex(struct decoder *decoder, struct hawser_span file) {
    struct hex *hex = calloc(1, sizeof *hex);
    if (!hex) {
        fault(decoder, "out of memory");
        return STATUS_IO;
    }
    hex->decoder = decoder;
    const char *at = (const char *)file.data, *end = at + file.size;
    while (at < end && !decoder->faulty) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        hex->line++;
        if (!hex_line(hex, at, stop ? stop : end))
            break;
        at = stop ? stop + 1 : end;
    }
    if (!decoder->faulty)
        hex_finish_packet(hex);
    uint32_t packets = hex->packets;
    free(hex);
    return finish(decoder, packets);
}

static int decode_raw(struct decoder *decoder, struct hawser_span file) {
    struct hawser_frame frame = {.number = 1, .link = decoder->link, .bytes = file, .length = file.size};
    decode_frame(decoder, &frame);
    return finish(decoder, 1);
}

static bool is_text(struct hawser_span file) {
    for (size_t i = 0; i < file.size; i++)
        if ((file.data[i] < 0x20 && !strchr("\t\n\r\f", file.data[i])) || file.data[i] == 0 || file.data[i] >= 0x7f)
            return false;
    return file.size > 0;
}

/* ---- the file ------------------------------------------------------------------------------------------------- */

/* Reads all of the stream; NULL: errno says why. */
static uint8_t *read_all(FILE *stream, size_t *size) {
    size_t capacity = 65536, used = 0;
    uint8_t *bytes = malloc(capacity);
    while (bytes) {
        used += fread(bytes + used, 1, capacity - used, stream);
        if (ferror(stream)) {
            free(bytes);
            return NULL;
        }
        if (used < capacity) {
            *size = used;
            return bytes;
        }
        uint8_t *larger = capacity > SIZE_MAX / 2 ? NULL : realloc(bytes, capacity * 2);
        if (!larger) {
            free(bytes);
            errno = ENOMEM;
            return NULL;
        }
        bytes = larger;
        capacity *= 2;
    }
    return NULL;
}

static int decode_bytes(struct decoder *decoder, struct hawser_span file) {
    if (decoder->raw)
        return decode_raw(decoder, file);
    struct hawser_capture capture = HAWSER_INIT(capture);
    capture.file = file;
    if (hawser_capture_open(&capture) == 0)
        return decode_capture(decoder, &capture);
    if (is_text(file))
        return decode_hex(decoder, file);
    fault(decoder, "%s", capture.complaint);
    return STATUS_IO;
}

static int decode_file(struct decoder *decoder) {
    bool standard = strcmp(decoder->file, "-") == 0;
    if (standard)
        decoder->file = "standard input";
    FILE *stream = standard ? stdin : fopen(decoder->file, "rb");
    if (!stream) {
        fault(decoder, "%s", strerror(errno));
        return STATUS_IO;
    }
    size_t size = 0;
    uint8_t *bytes = read_all(stream, &size);
    int error = errno;
    if (!standard)
        fclose(stream);
    if (!bytes) {
        fault(decoder, "%s", strerror(error));
        return STATUS_IO;
    }
    int status = decode_bytes(decoder, (struct hawser_span){bytes, size});
    free(bytes);
    return status;
}

static bool parse_link(const char *text, uint32_t *link) {
    if (strcmp(text, "sctp") == 0)
        *link = HAWSER_LINK_SCTP;
    else if (strcmp(text, "ip") == 0)
        *link = HAWSER_LINK_RAW;
    else if (strcmp(text, "ethernet") == 0)
        *link = HAWSER_LINK_ETHERNET;
    else
        return false;
    return true;
}

static void help(void) {
    fputs(usage, stdout);
}

/* Takes the options; 0, or STATUS_USAGE after a message. */
static int take_options(struct decoder *decoder, int argc, char **argv, bool *answered) {
    static const struct option options[] = {
        {"udp-port", required_argument, NULL, 'u'}, {"raw", no_argument, NULL, 'r'},
        {"link", required_argument, NULL, 'l'},     {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPTION_VERSION}, {NULL, 0, NULL, 0},
    };
    int64_t number;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case 'u':
            if (!parse_number(optarg, 0, UINT16_MAX, &number)) {
                fprintf(stderr, "%s: --udp-port: \"%s\" is not a port from 0 to 65535\n", argv[0], optarg);
                return STATUS_USAGE;
            }
            decoder->udp_port = (uint16_t)number;
            break;
        case 'r': decoder->raw = true; break;
        case 'l':
            if (!parse_link(optarg, &decoder->link)) {
                fprintf(stderr, "%s: --link: \"%s\" is not sctp, ip or ethernet\n", argv[0], optarg);
                return STATUS_USAGE;
            }
            break;
        default: /* else getopt said why */
            *answered = common_answered(option, help);
            return *answered ? 0 : STATUS_USAGE;
        }
    }
    if (argc - optind == 1)
        return 0;
    fprintf(stderr, "%s: %s; see --help\n", argv[0], argc == optind ? "FILE is missing" : "more than one FILE");
    return STATUS_USAGE;
}

int tool_decode(int argc, char **argv) {
    struct decoder decoder = {.tool = argv[0], .udp_port = 9899, .link = HAWSER_LINK_SCTP, .view = HAWSER_INIT(decoder.view)};
    decoder.view.sink = hawser_view_to_file;
    decoder.view.sink_user = stdout;
    decoder.view.flags = HAWSER_VIEW_NO_DIRECTION;
    hawser_view_open_text(&decoder.view);
    bool answered = false;
    int status = take_options(&decoder, argc, argv, &answered);
    if (status || answered)
        return status;
    decoder.file = argv[optind];
    return decode_file(&decoder);
}
