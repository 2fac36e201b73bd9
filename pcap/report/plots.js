// SPDX-License-Identifier: MIT
//
// The report's plots: throughput, windows, round trip and queues of one end of a connection over virtual time.
//
//   data.plots, as pcap/plot.c writes it  ->  Series: points in time  ->  Plots: four charts as SVG
//
// Lines differ in their dashes and are named, not only coloured.  What is marked is the time of the cursor.
"use strict";

const CHART = { width: 560, height: 150, left: 74, right: 12, top: 10, bottom: 22 };

function amount(value, unit) {
    const sizes = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
    for (const [size, prefix] of sizes)
        if (value >= size)
            return `${+(value / size).toPrecision(3)} ${prefix}${unit}`;
    return `${+value.toPrecision(3)} ${unit}`;
}

// 1, 2 or 5 times a power of ten, and not less.
function roundUp(value) {
    const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
    return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value);
}

// The bins of one end: place, bytes sent, cwnd, srtt, in flight, Send-Q, Recv-Q.
class Series {
    constructor(data, hosts) {
        this.bins = data.bins;
        this.from = data.from;
        this.width = data.width;
        this.name = `${hosts[data.host]}:${data.local} \u2192 :${data.remote}`;
        this.sent = data.bins.reduce((sum, bin) => sum + bin[1], 0);
        this.until = this.from + this.width * (data.bins.length > 0 ? data.bins[data.bins.length - 1][0] + 1 : 1);
    }

    // Bits per second; where nothing was sent it is 0.
    throughput() {
        const points = [], rate = (bin) => bin[1] * 8e9 / this.width;
        let next = 0;
        for (const bin of this.bins) {
            if (bin[0] > next)
                points.push([this.from + next * this.width, 0]);
            points.push([this.from + bin[0] * this.width, rate(bin)]);
            next = bin[0] + 1;
        }
        points.push([this.until, 0]);
        return points;
    }

    // What holds until it is told anew.
    values(column) { return this.bins.map((bin) => [this.from + bin[0] * this.width, bin[column]]); }
}

class Plots {
    constructor(data, hosts, onPick) {
        this.series = data.series.map((one) => new Series(one, hosts));
        this.onPick = onPick;
        this.element = html("details", { id: "plots" });
        this.element.open = this.series.some((one) => one.bins.length >= 20);
        this.choice = html("select", { "aria-label": "end of a connection" });
        this.series.forEach((one, i) => this.choice.append(html("option", { value: String(i) }, one.name)));
        const most = this.series.reduce((best, one, i) => one.sent > this.series[best].sent ? i : best, 0);
        this.choice.value = String(most);
        this.choice.addEventListener("change", () => this.draw());
        this.charts = html("div", { class: "charts" });
        const tools = html("div", { class: "tools" });
        tools.append(this.choice, html("span", {}, "a click goes to the event of that time"));
        if (data.more > 0)
            tools.append(html("span", {}, `; ${data.more} packets of further connections are not shown`));
        this.element.append(html("summary", {}, "plots: throughput, windows, round trip, queues"), tools, this.charts);
        this.draw();
    }

    draw() {
        const one = this.series[+this.choice.value];
        this.shown = one;
        this.marks = [];
        this.charts.replaceChildren(
            this.chart("throughput, sent", (v) => amount(v, "bit/s"), [["sent", one.throughput()]]),
            this.chart("windows", (v) => amount(v, "B"), [["cwnd", one.values(2)], ["in flight", one.values(4)]]),
            this.chart("round trip, smoothed", duration, [["srtt", one.values(3)]]),
            this.chart("queues of the socket", (v) => amount(v, "B"), [["Send-Q", one.values(5)], ["Recv-Q", one.values(6)]]));
        this.mark(this.at);
    }

    x(ns) {
        const span = this.shown.until - this.shown.from, room = CHART.width - CHART.left - CHART.right;
        return CHART.left + (ns - this.shown.from) / span * room;
    }

    // lines: [name, points] each; a value holds until the next point.
    chart(title, say, lines) {
        const figure = html("figure", {}), base = CHART.height - CHART.bottom;
        const most = roundUp(Math.max(1, ...lines.flatMap(([, points]) => points.map((p) => p[1]))));
        const y = (value) => base - value / most * (base - CHART.top);
        const svg = make("svg", { class: "chart", viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: "img", "aria-label": title });
        for (const value of [0, most / 2, most]) {
            svg.append(make("line", { class: "grid", x1: CHART.left, x2: CHART.width - CHART.right, y1: y(value), y2: y(value) }));
            svg.append(make("text", { x: CHART.left - 6, y: y(value) + 4, "text-anchor": "end" }, say(value)));
        }
        svg.append(make("text", { x: CHART.left, y: CHART.height - 6 }, clock(this.shown.from)));
        svg.append(make("text", { x: CHART.width - CHART.right, y: CHART.height - 6, "text-anchor": "end" }, clock(this.shown.until)));
        lines.forEach(([, points], i) => svg.append(make("path", { class: `plot plot${i}`, d: this.path(points, y) })));
        const mark = make("line", { class: "mark", y1: CHART.top, y2: base });
        this.marks.push(mark);
        svg.append(mark);
        svg.addEventListener("click", (event) => this.pick(svg, event));
        const caption = html("figcaption", {}, title);
        if (lines.length > 1)
            lines.forEach(([name], i) => caption.append(this.key(name, i)));
        figure.append(caption, svg);
        return figure;
    }

    key(name, i) {
        const key = html("span", { class: "key" }), svg = make("svg", { width: 30, height: 8 });
        svg.append(make("path", { class: `plot plot${i}`, d: "M0 4H28" }));
        key.append(svg, ` ${name}`);
        return key;
    }

    path(points, y) {
        const parts = points.map(([ns, value], i) => `${i === 0 ? "M" : "H"}${this.x(ns).toFixed(1)}${i === 0 ? " " : "V"}${y(value).toFixed(1)}`);
        return points.length === 0 ? "" : `${parts.join("")}H${this.x(this.shown.until).toFixed(1)}`;
    }

    pick(svg, event) {
        const box = svg.getBoundingClientRect(), room = CHART.width - CHART.left - CHART.right;
        const share = ((event.clientX - box.left) / box.width * CHART.width - CHART.left) / room;
        this.onPick(this.shown.from + Math.max(0, Math.min(1, share)) * (this.shown.until - this.shown.from));
    }

    mark(ns) {
        this.at = ns;
        const inside = ns !== undefined && ns >= this.shown.from && ns <= this.shown.until;
        for (const mark of this.marks) {
            mark.setAttribute("visibility", inside ? "visible" : "hidden");
            if (inside)
                furnish(mark, { x1: this.x(ns), x2: this.x(ns) });
        }
    }
}
