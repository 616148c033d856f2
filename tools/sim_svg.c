/* SPDX-License-Identifier: MIT
 *
 * hawser sim --svg: a run as a picture. Panels stand above each other over one axis of time: windows, the queue of the network,
 * send queues, round-trip times, what arrived, and marks for what was lost and sent again. Plain SVG 1.1 that browsers and
 * rsvg-convert draw alike.
 */
#include "sim.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define WIDTH  1160.0
#define LEFT   124.0 /* of the plots */
#define RIGHT  1136.0
#define HEADER 26.0 /* over each plot: its name and legend */
#define GAP    14.0
#define ROW    20.0 /* of the marks */
#define DARK   "#222222"
#define GREY   "#777777"
#define BINS   200u /* of goodput */
#define NOTE   145  /* letters of a note that fit between LEFT and RIGHT */

/* Wong's palette (Nature Methods 8, 441): told apart with any kind of colour vision. */
static const char *const colours[HAWSER_SIM_PATHS_MAX] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7"}; /* of paths */
static const char *const directions[2] = {DARK, "#e69f00"}; /* from host 0, from host 1 */

struct panel {
    double top, height;
    double most;  /* at the upper edge */
    double least; /* at the lower edge: 0, or above it if logarithmic */
    bool logarithmic;
};

struct picture {
    FILE *out;
    const struct hawser_sim_plan *plan;
    const struct hawser_sim_result *result;
    const struct sim_series *series;
    double end;    /* seconds */
    double legend; /* where the next entry of the panel's legend begins */
    double top;    /* of what comes next */
    int clips;
};

typedef double getter(const struct hawser_sim_sample *sample, uint32_t path);

/* ---- text ------------------------------------------------------------------------------------------------------ */

static void text(struct picture *p, double x, double y, const char *class, const char *string) {
    fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
    for (; *string; string++)
        if (*string == '<' || *string == '>' || *string == '&')
            fprintf(p->out, "&#%d;", *string);
        else
            fputc(*string, p->out);
    fputs("</text>\n", p->out);
}

/* 1200 with " B" and 1000 is "1.2 kB". */
static void quantity(char *out, size_t size, double value, double step, const char *unit) {
    static const char *const prefixes[] = {"", "k", "M", "G", "T"};
    unsigned i = 0;
    for (; value >= step && i < 4; i++)
        value /= step;
    snprintf(out, size, "%.4g %s%s", value, prefixes[i], unit);
}

static void time_text(char *out, size_t size, double seconds) {
    if (seconds > 0 && seconds < 1)
        snprintf(out, size, "%.4g ms", seconds * 1e3);
    else
        snprintf(out, size, "%.4g s", seconds);
}

/* ---- axes ------------------------------------------------------------------------------------------------------ */

static double x_of(const struct picture *p, double seconds) {
    return LEFT + (RIGHT - LEFT) * seconds / p->end;
}

static double y_of(const struct panel *panel, double value) {
    double part = panel->logarithmic ? log(fmax(value, panel->least) / panel->least) / log(panel->most / panel->least)
                                     : value / panel->most;
    return panel->top + panel->height * (1 - part);
}

/* 1, 2 or 5 times a power of ten, so that about `count` of them make `most`. */
static double tick_step(double most, double count) {
    double power = pow(10, floor(log10(most / count))), rest = most / count / power;
    return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static void tick(struct picture *p, const struct panel *panel, double value, const char *label) {
    double y = y_of(panel, value);
    fprintf(p->out, "<path d=\"M%.1f %.1fH%.1f\" class=\"grid\"/>\n", LEFT, y, RIGHT);
    text(p, LEFT - 8, y + 4, "tick", label);
}

static void ticks(struct picture *p, const struct panel *panel, double step, const char *unit) {
    char label[32];
    if (panel->logarithmic) {
        bool fine = panel->most / panel->least < 1000;
        for (double power = pow(10, floor(log10(panel->least))); power <= panel->most * 1.001; power *= 10)
            for (int i = 1; i <= 5; i += i == 1 ? 1 : 3)
                if ((i == 1 || fine) && power * i >= panel->least * 0.999 && power * i <= panel->most * 1.001) {
                    time_text(label, sizeof label, power * i / 1e3);
                    tick(p, panel, power * i, label);
                }
        return;
    }
    for (double value = 0, by = tick_step(panel->most, 4); value <= panel->most * 1.001; value += by) {
        quantity(label, sizeof label, value, step, unit);
        tick(p, panel, value, value > 0 ? label : "0");
    }
}

static void time_grid(struct picture *p, double top, double bottom, bool labels) {
    char label[32];
    double step = tick_step(p->end, 10);
    for (int i = 0; i * step <= p->end * 1.0001; i++) {
        double x = x_of(p, i * step);
        fprintf(p->out, "<path d=\"M%.1f %.1fV%.1f\" class=\"grid\"/>\n", x, top, bottom);
        if (!labels)
            continue;
        if (p->end < 1)
            snprintf(label, sizeof label, "%.6g%s", i * step * 1e3, i ? "" : " ms");
        else
            snprintf(label, sizeof label, "%.6g%s", i * step, i ? "" : " s");
        text(p, x, bottom + 16, "time", label);
    }
}

/* While a path is cut. */
static void shade(struct picture *p, int path, double top, double height) {
    const struct sim_series *s = p->series;
    for (size_t i = 0, from = 0; i <= s->count; i++) {
        bool cut = false;
        for (uint32_t k = 0; i < s->count && k < p->plan->paths; k++)
            cut |= (path < 0 || (int)k == path) && s->samples[i].paths[k].cut;
        if (!cut && from) {
            double x = x_of(p, (double)s->samples[from - 1].time / 1e6), to = x_of(p, (double)s->samples[i - 1].time / 1e6);
            fprintf(p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"cut%s\"/>\n", x, top,
                    fmax(to - x, 1), height, path < 0 ? "" : " here");
            from = 0;
        } else if (cut && !from)
            from = i + 1;
    }
}

/* ---- panels ---------------------------------------------------------------------------------------------------- */

/* Styles: "", "dashed", "thin", and "area" for what is filled. */
static void legend(struct picture *p, const char *colour, const char *style, const char *name) {
    double y = p->top + HEADER - 13;
    if (strcmp(style, "area") == 0)
        fprintf(p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"22\" height=\"9\" fill=\"%s\" class=\"area\"/>\n", p->legend, y - 5,
                colour);
    else
        fprintf(p->out, "<path d=\"M%.1f %.1fh22\" stroke=\"%s\" class=\"line %s\"/>\n", p->legend, y, colour, style);
    text(p, p->legend + 28, y + 4, "legend", name);
    p->legend += 28 + 6.4 * (double)strlen(name) + 18;
}

static void panel_begin(struct picture *p, struct panel *panel, const char *name, double height, double most) {
    *panel = (struct panel){p->top + HEADER, height, most > 0 ? most * 1.08 : 1, 0, false};
    text(p, LEFT, p->top + HEADER - 9, "name", name);
    p->legend = LEFT + 7.4 * (double)strlen(name) + 26;
}

static void panel_frame(struct picture *p, const struct panel *panel, double step, const char *unit) {
    shade(p, -1, panel->top, panel->height);
    ticks(p, panel, step, unit);
    time_grid(p, panel->top, panel->top + panel->height, false);
    fprintf(p->out, "<clipPath id=\"clip%d\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/></clipPath>\n",
            ++p->clips, LEFT, panel->top - 1, RIGHT - LEFT, panel->height + 2);
    fprintf(p->out, "<g clip-path=\"url(#clip%d)\">\n", p->clips);
}

static void panel_end(struct picture *p, const struct panel *panel) {
    fprintf(p->out, "</g>\n<path d=\"M%.1f %.1fV%.1fH%.1f\" class=\"axis\"/>\n", LEFT, panel->top, panel->top + panel->height,
            RIGHT);
    p->top = panel->top + panel->height + GAP;
}

/* A curve of steps through the samples; no number, no line. `filled`: with the area below. Points that add nothing are left out.
 */
static void curve(struct picture *p, const struct panel *panel, getter *get, uint32_t path, const char *colour, const char *style,
                  bool filled) {
    const struct sim_series *s = p->series;
    double last = NAN, begin = 0, x = LEFT;
    fprintf(p->out, filled ? "<path fill=\"%s\" class=\"area\" d=\"" : "<path stroke=\"%s\" class=\"line %s\" d=\"", colour,
            style);
    for (size_t i = 0; i <= s->count; i++) {
        double value = i < s->count ? get(&s->samples[i], path) : NAN;
        double y = isnan(value) ? NAN : round(10 * y_of(panel, value)) / 10;
        x = i < s->count ? x_of(p, (double)s->samples[i].time / 1e6) : x;
        if (isnan(y) && !isnan(last)) {
            fprintf(p->out, filled ? "H%.1fV%.1fH%.1fZ" : "H%.1f", x, panel->top + panel->height, begin);
        } else if (!isnan(y) && isnan(last)) {
            fprintf(p->out, "M%.1f %.1f", x, y);
            begin = x;
        } else if (!isnan(y) && y != last) /* NOLINT: both are rounded */
            fprintf(p->out, "H%.1fV%.1f", x, y);
        last = y;
    }
    fputs("\"/>\n", p->out);
}

static void level(struct picture *p, const struct panel *panel, double value, const char *colour) {
    double y = y_of(panel, value);
    fprintf(p->out, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"%s\" class=\"line dashed\"/>\n", LEFT, y, RIGHT, colour);
}

static double most_of(const struct picture *p, getter *get, uint32_t count) {
    double most = 0;
    for (size_t i = 0; i < p->series->count; i++)
        for (uint32_t path = 0; path < count; path++)
            most = fmax(most, get(&p->series->samples[i], path)); /* fmax passes over what is no number */
    return most;
}

/* ---- what is drawn --------------------------------------------------------------------------------------------- */

static double cwnd(const struct hawser_sim_sample *s, uint32_t path) {
    return s->paths[path].state ? (double)s->paths[path].cwnd : NAN;
}

static double flight(const struct hawser_sim_sample *s, uint32_t path) {
    return s->paths[path].state ? (double)s->paths[path].flight : NAN;
}

/* RFC 9260 7.2.1: arbitrarily high in the beginning. */
static double ssthresh(const struct hawser_sim_sample *s, uint32_t path) {
    return s->paths[path].state && s->paths[path].ssthresh < UINT32_MAX ? (double)s->paths[path].ssthresh : NAN;
}

static double waiting_there(const struct hawser_sim_sample *s, uint32_t path) {
    return (double)s->paths[path].waiting[0];
}

static double waiting_back(const struct hawser_sim_sample *s, uint32_t path) {
    return (double)s->paths[path].waiting[1];
}

static double queued(const struct hawser_sim_sample *s, uint32_t host) {
    return (double)s->queued[host];
}

static double peer_window(const struct hawser_sim_sample *s, uint32_t path) {
    return s->paths[path].state ? (double)s->peer_rwnd : NAN;
}

static double positive(hawser_time time) {
    return time ? (double)time / 1e3 : NAN;
}

static double srtt(const struct hawser_sim_sample *s, uint32_t path) {
    return positive(s->paths[path].srtt);
}

static double rto(const struct hawser_sim_sample *s, uint32_t path) {
    return positive(s->paths[path].rto);
}

static double network_rtt(const struct hawser_sim_sample *s, uint32_t path) {
    return positive(s->paths[path].network_rtt);
}

/* Where paths differ by colour, the legend tells what differs by style. */
static const char *style_colour(const struct picture *p) {
    return p->plan->paths == 1 ? colours[0] : GREY;
}

static void draw_windows(struct picture *p) {
    struct panel panel;
    panel_begin(p, &panel, "Congestion window of host 0", 190,
                fmax(most_of(p, cwnd, p->plan->paths), most_of(p, flight, p->plan->paths)));
    legend(p, style_colour(p), "", "cwnd");
    legend(p, style_colour(p), "dashed", "ssthresh");
    legend(p, style_colour(p), "area", "in flight");
    panel_frame(p, &panel, 1000, "B");
    for (uint32_t path = 0; path < p->plan->paths; path++)
        curve(p, &panel, flight, path, colours[path], "", true);
    for (uint32_t path = 0; path < p->plan->paths; path++) {
        curve(p, &panel, ssthresh, path, colours[path], "dashed", false);
        curve(p, &panel, cwnd, path, colours[path], "", false);
    }
    panel_end(p, &panel);
}

static void draw_queues(struct picture *p) {
    struct panel panel;
    double most = most_of(p, waiting_there, p->plan->paths), back = most_of(p, waiting_back, p->plan->paths), limit = 0;
    bool limited;
    for (uint32_t path = 0; path < p->plan->paths; path++)
        limit = fmax(limit, p->plan->links[path][0].queue);
    limited = limit > 0 && limit <= 3 * most;
    panel_begin(p, &panel, "Queue of the network", 110, fmax(fmax(most, back), limited ? limit : 0));
    legend(p, style_colour(p), "area", "from host 0");
    bool both = back > most / 50;
    if (both)
        legend(p, style_colour(p), "thin", "from host 1");
    if (limited)
        legend(p, style_colour(p), "dashed", "its room");
    panel_frame(p, &panel, 1000, "B");
    for (uint32_t path = 0; path < p->plan->paths; path++) {
        curve(p, &panel, waiting_there, path, colours[path], "", true);
        curve(p, &panel, waiting_there, path, colours[path], "thin", false);
        if (both)
            curve(p, &panel, waiting_back, path, colours[path], "thin", false);
        if (limited && p->plan->links[path][0].queue)
            level(p, &panel, p->plan->links[path][0].queue, colours[path]);
    }
    panel_end(p, &panel);
}

static void draw_times(struct picture *p) {
    struct panel panel;
    double most = fmax(most_of(p, rto, p->plan->paths), most_of(p, network_rtt, p->plan->paths)), least = most;
    for (size_t i = 0; i < p->series->count; i++)
        for (uint32_t path = 0; path < p->plan->paths; path++)
            least = fmin(least, fmin(srtt(&p->series->samples[i], path), network_rtt(&p->series->samples[i], path)));
    panel_begin(p, &panel, "Round-trip time", 150, 0);
    panel.logarithmic = true;
    panel.least = fmax(least, 1e-3) / 1.25;
    panel.most = fmax(most, 10 * panel.least) * 1.25;
    legend(p, style_colour(p), "", "SRTT");
    legend(p, style_colour(p), "dashed", "RTO");
    legend(p, style_colour(p), "area", "of the network: delays and queues");
    panel_frame(p, &panel, 1000, "");
    for (uint32_t path = 0; path < p->plan->paths; path++)
        curve(p, &panel, network_rtt, path, colours[path], "", true);
    for (uint32_t path = 0; path < p->plan->paths; path++) {
        curve(p, &panel, rto, path, colours[path], "dashed", false);
        curve(p, &panel, srtt, path, colours[path], "", false);
    }
    panel_end(p, &panel);
}

static void draw_send_queues(struct picture *p) {
    struct panel panel;
    panel_begin(p, &panel, "Send queues and the peer's window", 110, fmax(most_of(p, queued, 2), most_of(p, peer_window, 1)));
    legend(p, directions[0], "", "queued at host 0");
    legend(p, directions[1], "", "queued at host 1");
    legend(p, colours[2], "dashed", "room at host 1, as host 0 knows");
    panel_frame(p, &panel, 1000, "B");
    curve(p, &panel, peer_window, 0, colours[2], "dashed", false);
    curve(p, &panel, queued, 1, directions[1], "", false);
    curve(p, &panel, queued, 0, directions[0], "", false);
    panel_end(p, &panel);
}

/* Bits a second that were read in each of BINS parts of the run. */
static void rates(const struct picture *p, int host, double bins[BINS]) {
    const struct sim_series *s = p->series;
    double width = p->end / BINS;
    memset(bins, 0, BINS * sizeof bins[0]);
    for (size_t i = 1; i < s->count; i++) {
        size_t bin = (size_t)((double)s->samples[i].time / 1e6 / width);
        bins[bin < BINS ? bin : BINS - 1] +=
            8.0 * (double)(s->samples[i].delivered[host] - s->samples[i - 1].delivered[host]) / width;
    }
}

static void draw_goodput(struct picture *p) {
    struct panel panel;
    double bins[2][BINS], most = 0, limit = 0;
    for (int host = 0; host < 2; host++) {
        rates(p, host, bins[host]);
        for (size_t i = 0; i < BINS; i++)
            most = fmax(most, bins[host][i]);
    }
    for (uint32_t path = 0; path < p->plan->paths; path++)
        limit = fmax(limit, (double)p->plan->links[path][0].rate);
    bool limited = limit > 0 && limit <= 4 * most;
    panel_begin(p, &panel, "Goodput: what the reader got", 130, fmax(most, limited ? limit : 0));
    legend(p, directions[0], "", "from host 0");
    legend(p, directions[1], "", "from host 1");
    if (limited)
        legend(p, style_colour(p), "dashed", "rate of the link");
    panel_frame(p, &panel, 1000, "bit/s");
    for (uint32_t path = 0; limited && path < p->plan->paths; path++)
        level(p, &panel, (double)p->plan->links[path][0].rate, colours[path]);
    for (int host = 1; host >= 0; host--) {
        fprintf(p->out, "<path stroke=\"%s\" class=\"line\" d=\"M%.1f %.1f", directions[host], LEFT, y_of(&panel, bins[host][0]));
        for (size_t i = 0; i < BINS; i++)
            fprintf(p->out, "V%.1fH%.1f", y_of(&panel, bins[host][i]), x_of(p, p->end * (double)(i + 1) / BINS));
        fputs("\"/>\n", p->out);
    }
    panel_end(p, &panel);
}

/* ---- marks ----------------------------------------------------------------------------------------------------- */

typedef uint64_t counter(const struct hawser_sim_sample *sample, uint32_t path);

static uint64_t lost(const struct hawser_sim_sample *s, uint32_t path) {
    return s->paths[path].dropped[0] + s->paths[path].dropped[1];
}

static uint64_t resent(const struct hawser_sim_sample *s, uint32_t unused) {
    (void)unused;
    return s->retransmissions[0] + s->retransmissions[1];
}

static uint64_t timeouts(const struct hawser_sim_sample *s, uint32_t unused) {
    (void)unused;
    return s->timeouts[0] + s->timeouts[1];
}

/* A mark wherever the count grew; after a restart it begins anew. Returns by how much in all. */
static void marks(struct picture *p, const char *name, counter *get, uint32_t path, const char *colour) {
    const struct sim_series *s = p->series;
    char label[64];
    uint64_t sum = 0;
    double top = p->top;
    fprintf(p->out, "<path d=\"M%.1f %.1fH%.1f\" class=\"grid\"/>\n<path stroke=\"%s\" class=\"mark\" d=\"", LEFT, top + ROW / 2,
            RIGHT, colour);
    for (size_t i = 1; i < s->count; i++) {
        uint64_t before = get(&s->samples[i - 1], path), now = get(&s->samples[i], path);
        if (now > before)
            fprintf(p->out, "M%.1f %.1fv%.1f", x_of(p, (double)s->samples[i].time / 1e6), top + 3, ROW - 6);
        sum += now > before ? now - before : 0;
    }
    fputs("\"/>\n", p->out);
    snprintf(label, sizeof label, "%s: %" PRIu64, name, sum);
    text(p, LEFT - 8, top + ROW / 2 + 4, "tick", label);
    p->top += ROW;
}

static void draw_marks(struct picture *p) {
    char name[32];
    double top = p->top + HEADER - 10;
    text(p, LEFT, p->top + HEADER - 14, "name", "Lost and sent again");
    p->top = top;
    for (uint32_t path = 0; path < p->plan->paths; path++) {
        snprintf(name, sizeof name, p->plan->paths > 1 ? "lost, path %u" : "lost", path + 1);
        shade(p, (int)path, p->top + 2, ROW - 4);
        marks(p, name, lost, path, colours[path]);
    }
    marks(p, "sent again", resent, 0, "#56b4e9");
    marks(p, "time-outs", timeouts, 0, "#c00000");
    time_grid(p, top, p->top, true);
    fprintf(p->out, "<path d=\"M%.1f %.1fV%.1fH%.1f\" class=\"axis\"/>\n", LEFT, top, p->top, RIGHT);
    p->top += 28;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static size_t add_share(char *out, size_t size, size_t used, const char *what, uint32_t ppm) {
    return ppm && used < size ? used + (size_t)snprintf(out + used, size - used, ", %s %.4g %%", what, ppm / 1e4) : used;
}

/* "20 Mbit/s, 10 ms, loss 2 %" */
static void link_text(char *out, size_t size, const struct hawser_sim_link *link) {
    char part[32];
    size_t used;
    quantity(part, sizeof part, (double)link->rate, 1000, "bit/s");
    used = (size_t)snprintf(out, size, "%s, ", link->rate ? part : "no limit");
    time_text(part, sizeof part, (double)link->delay / 1e6);
    used += (size_t)snprintf(out + used, size - used, "%s", part);
    if (link->queue && used < size) {
        quantity(part, sizeof part, link->queue, 1000, "B");
        used += (size_t)snprintf(out + used, size - used, ", queue %s", part);
    }
    if (link->jitter && used < size) {
        time_text(part, sizeof part, (double)link->jitter / 1e6);
        used += (size_t)snprintf(out + used, size - used, ", jitter %s", part);
    }
    used = add_share(out, size, used, "loss", link->loss);
    used = add_share(out, size, used, "bursts", link->burst_begin);
    used = add_share(out, size, used, "duplicates", link->duplicate);
    used = add_share(out, size, used, "reordered", link->reorder);
    used = add_share(out, size, used, "corrupted", link->corrupt);
    if (link->mtu && used < size)
        snprintf(out + used, size - used, ", MTU %u", link->mtu);
}

static void draw_paths(struct picture *p) {
    char there[200], back[200], line[480];
    for (uint32_t path = 0; path < p->plan->paths; path++) {
        link_text(there, sizeof there, &p->plan->links[path][0]);
        link_text(back, sizeof back, &p->plan->links[path][1]);
        bool same = strcmp(there, back) == 0;
        snprintf(line, sizeof line, "path %u: %s%s%s", path + 1, there, same ? "" : "; back: ", same ? "" : back);
        fprintf(p->out, "<path d=\"M%.1f %.1fh22\" stroke=\"%s\" class=\"line\"/>\n", LEFT, p->top - 4, colours[path]);
        text(p, LEFT + 28, p->top, "note", line);
        p->top += 17;
    }
}

static void draw_results(struct picture *p) {
    const struct hawser_sim_result *r = p->result;
    char line[512], bytes[32], rate[32], time[32], median[32], slow[32], reasons[2][128];
    quantity(bytes, sizeof bytes, (double)r->bytes, 1000, "B");
    quantity(rate, sizeof rate, (double)r->goodput, 1000, "bit/s");
    time_text(time, sizeof time, (double)r->duration / 1e6);
    time_text(median, sizeof median, (double)r->latency_p50 / 1e6);
    time_text(slow, sizeof slow, (double)r->latency_p99 / 1e6);
    for (int host = 0; host < 2; host++)
        sim_reasons(reasons[host], sizeof reasons[host], r, host);
    bool same = strcmp(reasons[0], reasons[1]) == 0;
    snprintf(line, sizeof line,
             "%s in %s: %s; latency %s (median), %s (99 %%); %.2f %% of the chunks sent again; %" PRIu64
             " time-outs; end: %s%s%s",
             bytes, time, rate, median, slow, r->chunks ? 100.0 * (double)r->retransmissions / (double)r->chunks : 0.0,
             r->timeouts, reasons[0], same ? "" : " / ", same ? "" : reasons[1]);
    text(p, LEFT, p->top, "note", line);
    p->top += 17;
    if (r->failed) {
        text(p, LEFT, p->top, "failed", r->complaint);
        p->top += 17;
    }
}

static const char style[] =
    "text { font-family: 'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif; font-size: 11px; fill: #222222; }\n"
    ".title { font-size: 18px; font-weight: bold; }\n"
    ".name { font-size: 12px; font-weight: bold; }\n"
    ".note { font-size: 12px; fill: #444444; }\n"
    ".failed { font-size: 12px; fill: #c00000; font-weight: bold; }\n"
    ".tick { text-anchor: end; fill: #444444; }\n"
    ".time { text-anchor: middle; fill: #444444; }\n"
    ".grid { stroke: #e4e4e4; stroke-width: 1; fill: none; }\n"
    ".axis { stroke: #777777; stroke-width: 1; fill: none; }\n"
    ".line { stroke-width: 1.5; fill: none; stroke-linejoin: round; }\n"
    ".thin { stroke-width: 0.8; }\n"
    ".dashed { stroke-dasharray: 5 3; stroke-width: 1.2; }\n"
    ".area { fill-opacity: 0.22; }\n"
    ".mark { stroke-width: 1.2; fill: none; }\n"
    ".cut { fill: #999999; fill-opacity: 0.14; }\n"
    ".here { fill-opacity: 0.5; }\n";

static const char *scenario_text(const char *name) {
    for (int i = 0; hawser_sim_scenario(i); i++)
        if (strcmp(hawser_sim_scenario(i)->name, name) == 0)
            return hawser_sim_scenario(i)->text;
    return "";
}

/* Draws a note, in several lines if it is long, or only counts them if there is no picture. */
static unsigned draw_note(struct picture *p, double top, const char *note) {
    unsigned lines = 0;
    char line[NOTE + 1];
    while (*note || lines == 0) {
        size_t length = strlen(note), most = NOTE;
        if (length > most) {
            for (length = most; length > 0 && note[length] != ' '; length--)
                continue;
            length = length ? length : most; /* a word as long as that is cut */
        }
        snprintf(line, sizeof line, "%.*s", (int)length, note);
        if (p)
            text(p, LEFT, top + 17.0 * lines, "note", line);
        note += length + (note[length] == ' ');
        lines++;
    }
    return lines;
}

/* Everything under the title. */
static void draw(struct picture *p, const char *note) {
    char title[160];
    snprintf(title, sizeof title, "hawser sim: %s, seed %" PRIu64, p->plan->scenario, p->plan->seed);
    text(p, LEFT, 30, "title", title);
    p->top = 53 + 17.0 * draw_note(p, 50, note);
    draw_results(p);
    draw_paths(p);
    p->top += 4;
    draw_windows(p);
    draw_queues(p);
    draw_times(p);
    draw_send_queues(p);
    draw_goodput(p);
    draw_marks(p);
}

/* How high it will be is known when it has been drawn: the frame says so from the number of lines. */
static double height_of(const struct hawser_sim_plan *plan, const struct hawser_sim_result *result, const char *note) {
    double lines = 1 + draw_note(NULL, 0, note) + plan->paths + (result->failed != 0);
    return 53 + 17 * lines + 4 + 5 * (HEADER + GAP) + (190 + 110 + 150 + 110 + 130) + HEADER - 10 + ROW * (plan->paths + 2) + 28;
}

void sim_svg(FILE *out, const struct hawser_sim_plan *plan, const struct hawser_sim_result *result,
             const struct sim_series *series, const char *changes) {
    struct picture p = {.out = out, .plan = plan, .result = result, .series = series};
    char note[SIM_CHANGES_MAX + 200];
    snprintf(note, sizeof note, "%s%s%s", scenario_text(plan->scenario), *changes ? "; but" : "", changes);
    double height = height_of(plan, result, note);
    p.end = fmax((double)result->end / 1e6, 1e-6);
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n"
            "<title>hawser sim: %s, seed %" PRIu64 "</title>\n<style>\n%s</style>\n"
            "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n",
            WIDTH, height, WIDTH, height, plan->scenario, plan->seed, style, WIDTH, height);
    draw(&p, note);
    fputs("</svg>\n", out);
}
