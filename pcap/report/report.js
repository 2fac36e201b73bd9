// SPDX-License-Identifier: MIT
//
// The report's picture: a ladder of which only the rows in sight are drawn.
//
//   data (JSON in the page)  ->  Run: events, rows, arrows  ->  Picture: rows in sight as SVG
//                                                           ->  side: the event at the cursor, its sockets
//
// Nothing is fetched, and texts go in as text, never as mark-up.
"use strict";

const ROW = 22, BUCKET = 64, LEFT = 118, RIGHT = 26, GAP_NS = 5000000;
const KINDS = ["packet", "call", "callback", "dropped", "fault", "state", "choice", "report", "failure"];
const SVG = "http://www.w3.org/2000/svg";

function furnish(element, attributes, text) {
    for (const key in attributes) {
        if (key === "style")
            element.style.cssText = attributes[key]; // the policy forbids the attribute
        else
            element.setAttribute(key, attributes[key]);
    }
    if (text !== undefined)
        element.textContent = text;
    return element;
}

const make = (name, attributes, text) => furnish(document.createElementNS(SVG, name), attributes, text);
const html = (name, attributes, text) => furnish(document.createElement(name), attributes, text);

function duration(ns) {
    const units = [[1e9, "s"], [1e6, "ms"], [1e3, "us"]];
    for (const [size, unit] of units)
        if (ns >= size)
            return `${+(ns / size).toPrecision(4)} ${unit}`;
    return `${ns} ns`;
}

function clock(ns) {
    const whole = Math.floor(ns / 1e9);
    return `${whole}.${String(Math.round(ns - whole * 1e9)).padStart(9, "0").slice(0, 6)} s`;
}

// ---- a run ----

// Events are arrays, as pcap/report_data.c writes them.
class Run {
    constructor(data) {
        this.hosts = data.hosts;
        this.skipped = data.skipped;
        this.events = data.events.map((e) => ({
            n: e[0], ns: e[1], kind: KINDS[e[2]], host: e[3], socket: e[4], text: e[5], depth: e[6],
            packet: e[7], error: e[8], more: e[9] || null,
        }));
        this.decisions = this.events.filter((e) => e.kind === "choice");
        this.decisions.forEach((e, i) => { e.number = i + 1; });
        this.steps = this.events.filter((e) => e.kind === "call" || e.kind === "callback");
    }

    // Those that have a row, and where packets begin and end.
    arrange(shown) {
        this.rows = this.events.filter((e) => shown[e.kind] !== false && !(e.more && e.more.ack && !shown.ack));
        this.rows.forEach((e, i) => { e.row = i; });
        this.buckets = [];
        for (const e of this.rows) {
            if (e.kind !== "packet")
                continue;
            const end = e.more.before ? this.rowOf(e.more.before) : e.row + 1;
            e.end = Math.max(end, e.row + 1);
            for (let b = Math.floor(e.row / BUCKET); b <= Math.floor(e.end / BUCKET); b++)
                (this.buckets[b] = this.buckets[b] || []).push(e);
        }
    }

    // The first row whose event has that number, or a later one.
    rowOf(number) {
        let low = 0, high = this.rows.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.rows[middle].n < number)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    rowAt(ns) {
        let low = 0, high = this.rows.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.rows[middle].ns < ns)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    arrowsIn(from, to) {
        const found = new Set();
        for (let b = Math.floor(from / BUCKET); b <= Math.floor(to / BUCKET); b++)
            for (const e of this.buckets[b] || [])
                if (e.row <= to && e.end >= from)
                    found.add(e);
        return found;
    }
}

// Where two runs part for a program: the first step that differs.
function partOf(a, b) {
    let i = 0;
    const same = (x, y) => x && y && x.host === y.host && x.kind === y.kind && x.socket === y.socket && x.text === y.text;
    while (i < a.steps.length && same(a.steps[i], b.steps[i]))
        i++;
    return [a.steps[i] || null, b.steps[i] || null];
}

// ---- the picture ----

class Picture {
    constructor(run, caption, differs, onPick) {
        this.run = run;
        this.differs = differs;
        this.cursor = null;
        this.element = html("div", { class: "picture" });
        this.names = html("div", { class: "names" });
        this.scroll = html("div", { class: "scroll", tabindex: "0", role: "img", "aria-label": caption });
        this.space = html("div", {});
        this.scroll.append(this.space);
        this.element.append(html("span", { class: "caption" }, caption), this.names, this.scroll);
        this.scroll.addEventListener("scroll", () => this.draw());
        this.scroll.addEventListener("click", (event) => {
            const y = event.clientY - this.scroll.getBoundingClientRect().top + this.scroll.scrollTop;
            onPick(this, this.run.rows[this.rowAtY(y)]);
        });
    }

    // Places for rows: equal steps, or as long as the time between them.
    measure(toScale) {
        const rows = this.run.rows;
        this.tops = new Float64Array(rows.length + 1);
        let y = 8;
        for (let i = 0; i < rows.length; i++) {
            const gap = i > 0 ? rows[i].ns - rows[i - 1].ns : 0;
            y += toScale ? Math.min(gap / 1e6 * 24, 2000) : gap > GAP_NS ? ROW * 0.7 : 0;
            this.tops[i] = y;
            y += ROW;
        }
        this.tops[rows.length] = y;
        this.height = y + ROW;
        this.measureBoxes();
        this.space.style.height = `${this.height}px`;
        this.scroll.style.height = `${Math.min(this.height + 4, Math.max(window.innerHeight * 0.72, 320))}px`;
        this.draw();
    }

    rowAtY(y) {
        let low = 0, high = this.run.rows.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (this.tops[middle] <= y)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    x(host) {
        const count = Math.max(this.run.hosts.length, 1), room = this.width - LEFT - RIGHT;
        return LEFT + 14 + host * Math.max(room / count, 150);
    }

    draw() {
        this.width = Math.max(this.scroll.clientWidth, 300);
        const wide = Math.max(this.width, ...this.spans.map((span, h) => this.x(h) + span));
        const top = Math.max(0, this.scroll.scrollTop - 200), bottom = this.scroll.scrollTop + this.scroll.clientHeight + 200;
        const from = this.rowAtY(top), to = this.rowAtY(bottom);
        const first = Math.max(0, (this.tops[from] || 0) - 2 * ROW), last = Math.min(this.height, (this.tops[to] || 0) + 3 * ROW);
        const svg = make("svg", { width: wide, height: last - first, viewBox: `0 ${first} ${wide} ${last - first}`, style: `top:${first}px` });
        this.run.hosts.forEach((name, h) => svg.append(make("line", { class: "life", x1: this.x(h), x2: this.x(h), y1: first, y2: last })));
        for (let i = from; i <= to && i < this.run.rows.length; i++)
            this.drawMarks(svg, this.run.rows[i], wide);
        for (const e of this.run.arrowsIn(from, to))
            svg.append(this.arrow(e));
        for (let i = from; i <= to && i < this.run.rows.length; i++)
            this.drawRow(svg, i);
        if (this.svg)
            this.svg.remove();
        this.svg = svg;
        this.scroll.append(svg);
        this.drawNames();
    }

    drawNames() {
        const left = this.scroll.scrollLeft;
        if (this.namesAt === `${this.width} ${left}`)
            return;
        this.namesAt = `${this.width} ${left}`;
        this.names.replaceChildren(...this.run.hosts.map((name, h) => html("span", { style: `left:${this.x(h) - left}px`, title: name }, name)));
    }

    drawMarks(svg, e, wide) {
        const y = this.tops[e.row];
        if (e === this.cursor)
            svg.append(make("rect", { class: "cursor", x: 0, y, width: wide, height: ROW }));
        if (e === this.differs)
            svg.append(make("rect", { class: "differs", x: 1, y: y + 1, width: wide - 2, height: ROW - 2 }));
        if (e.kind === "callback" && e.more && e.more.posted < e.ns) {
            const begin = this.run.rowAt(e.more.posted), x = this.x(e.host);
            svg.append(make("line", { class: "waits", x1: x, x2: x, y1: this.tops[begin] + ROW / 2, y2: y + ROW / 2 }));
        }
    }

    drawRow(svg, i) {
        const e = this.run.rows[i], y = this.tops[i], before = i > 0 ? this.run.rows[i - 1].ns : -1;
        if (e.ns !== before)
            svg.append(make("text", { class: "time", x: LEFT - 8, y: y + 15, "text-anchor": "end" }, clock(e.ns)));
        if (before >= 0 && e.ns - before > GAP_NS)
            svg.append(make("text", { class: "gap", x: LEFT - 8, y: y - 1, "text-anchor": "end" }, `+${duration(e.ns - before)}`));
        if (e.kind !== "packet")
            svg.append(this.box(e, y));
    }

    indent(e) { return 7 + Math.min(e.depth, 4) * 14; }

    words(e) {
        const sign = { fault: "\u26a0 ", failure: "\u2716 ", dropped: "\u2298 ", callback: "\u25b8 " }[e.kind] || "";
        return e.kind === "choice" ? `(${e.number}) ${e.text}` : sign + (e.socket && this.manySockets(e) ? `${e.socket} ` : "") + e.text;
    }

    // How far boxes reach to the right of their host's line, so that the picture has room for them.
    measureBoxes() {
        this.spans = this.run.hosts.map(() => RIGHT);
        for (const e of this.run.rows)
            if (e.kind !== "packet") {
                const host = Math.max(e.host, 0), chars = Math.min(this.words(e).length, 120);
                this.spans[host] = Math.max(this.spans[host], this.indent(e) + chars * 7.85 + 20);
            }
    }

    box(e, y) {
        const host = e.host < 0 ? 0 : e.host, x = this.x(host) + this.indent(e), text = this.words(e);
        const group = make("g", { class: `row ${e.kind}${e.error ? " error" : ""}` });
        if (e.kind !== "state" && e.kind !== "report")
            group.append(make("rect", { x, y: y + 2, width: text.length * 7.85 + 10, height: ROW - 4, rx: e.kind === "callback" ? 8 : 3 }));
        group.append(make("text", { x: x + 5, y: y + 15.5 }, text));
        return group;
    }

    manySockets(e) { return e.kind === "call" || e.kind === "callback" || e.kind === "dropped" || e.kind === "state"; }

    arrow(e) {
        const m = e.more, x1 = this.x(e.host), to = m.to < 0 ? e.host : m.to, y1 = this.tops[e.row] + ROW / 2;
        const lost = m.lost, end = Math.min(e.end, this.run.rows.length);
        let x2 = this.x(to), y2 = lost ? y1 + ROW / 2 : this.tops[end] - 4;
        if (to === e.host)
            x2 = x1 + 60;
        if (end === e.row + 1 && !lost)
            y2 = Math.min(y2, y1 + 8);
        if (lost)
            x2 = x1 + (x2 - x1) * 0.6;
        const group = make("g", { class: `arrow${lost ? " lost" : ""}${m.fault ? " touched" : ""}` });
        const way = Math.sign(x2 - x1) || 1;
        group.append(make("line", { x1, y1, x2: x2 - way * 2, y2 }));
        if (lost)
            group.append(make("path", { d: `M${x2 - 5} ${y2 - 5}l10 10m0 -10l-10 10` }));
        else
            group.append(make("path", { d: `M${x2 - way * 9} ${y2 - 4.5}L${x2 - way} ${y2}L${x2 - way * 9} ${y2 + 4.5}` }));
        const words = e.text + (m.fate ? ` ${m.fate}` : "") + (m.arrivals > 1 ? ` \u00d7${m.arrivals}` : "");
        group.append(make("text", { x: x1 + way * 12, y: y1 - 3, "text-anchor": way > 0 ? "start" : "end" }, words));
        return group;
    }

    show(e, centre) {
        this.cursor = e;
        if (e && centre)
            this.scroll.scrollTop = this.tops[e.row] - this.scroll.clientHeight / 2;
        this.draw();
    }
}

// ---- sockets at the cursor ----

// What is known of each connection up to a row; every 1 000 rows a copy is kept to go on from.
class Sockets {
    constructor(run) {
        this.run = run;
        this.kept = [new Map()];
    }

    // A connection goes by its ports, and by its socket as long as it has none.
    static apply(table, e) {
        const more = e.more || {}, byPorts = more.remote ? `${e.host}/${more.local}-${more.remote}` : null;
        if (e.host < 0 || (e.kind !== "state" && !e.socket))
            return;
        const byName = `${e.host}/${e.socket}`, key = byPorts || table.get(`=${byName}`) || byName;
        const row = { ...(table.get(byName) || {}), ...(table.get(key) || {}), host: e.host, at: e.n };
        if (e.socket) {
            row.socket = e.socket;
            table.set(`=${byName}`, key);
        }
        if (key !== byName)
            table.delete(byName);
        if (byPorts)
            row.ports = `${more.local} \u2013 ${more.remote}`;
        row[e.kind === "state" ? "state" : e.kind === "call" ? "call" : "callback"] = e.kind === "state" ? e.text.split(" ")[0] : e.text;
        table.set(key, row);
    }

    at(index) {
        const events = this.run.events, step = 1000;
        while (this.kept.length * step <= index) {
            const table = new Map(this.kept[this.kept.length - 1]), from = (this.kept.length - 1) * step;
            for (let i = from; i < from + step; i++)
                Sockets.apply(table, events[i]);
            this.kept.push(table);
        }
        const table = new Map(this.kept[Math.floor(index / step)]);
        for (let i = Math.floor(index / step) * step; i <= index; i++)
            Sockets.apply(table, events[i]);
        return table;
    }
}

// ---- the page ----

function copyable(button, text) {
    button.addEventListener("click", () => {
        const area = html("textarea", {});
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
        button.textContent = "copied";
    });
}

class Page {
    constructor(data) {
        this.shown = { state: false, ack: false };
        this.run = new Run(data.failed);
        this.other = data.passed ? new Run(data.passed) : null;
        const parts = this.other ? partOf(this.run, this.other) : [null, null];
        this.pictures = [new Picture(this.run, this.other ? "this run" : "", parts[0], (p, e) => this.pick(e))];
        if (this.other)
            this.pictures.push(new Picture(this.other, "nearest passing run", parts[1], () => undefined));
        this.sockets = new Sockets(this.run);
        this.parts = parts;
        if (data.plots && data.plots.series.length > 0)
            this.plots = new Plots(data.plots, this.run.hosts, (ns) => this.goTo(this.run.rows[Math.min(this.run.rowAt(ns), this.run.rows.length - 1)]));
        this.build();
        this.arrange();
    }

    build() {
        const root = document.getElementById("picture");
        const tools = html("div", { class: "tools" }), pictures = html("div", { class: "pictures" });
        this.side = html("div", { class: "side", "aria-live": "polite" });
        this.search = html("input", { type: "search", placeholder: "search  /", "aria-label": "search" });
        tools.append(this.toggle("TCP states", "state"), this.toggle("pure ACKs", "ack"), this.scaleButton(), this.search);
        if (this.other)
            tools.append(this.otherButton(), this.partButton());
        this.help = this.makeHelp();
        tools.append(html("span", {}, "j k events, n p decisions, / search, ? help"));
        pictures.append(...this.pictures.map((p) => p.element));
        const stage = html("div", { class: "stage" });
        stage.append(pictures, this.side);
        root.append(tools, this.help, stage);
        if (this.plots)
            root.append(this.plots.element);
        document.getElementById("text").open = false;
        for (const element of document.querySelectorAll("button.copy")) {
            copyable(element, element.previousElementSibling.textContent);
            element.hidden = false;
        }
        for (const element of document.querySelectorAll("ol.decisions a"))
            element.addEventListener("click", () => this.goTo(this.run.decisions[+element.dataset.decision - 1]));
        this.search.addEventListener("keydown", (event) => { if (event.key === "Enter") this.find(); });
        document.addEventListener("keydown", (event) => this.key(event));
        window.addEventListener("resize", () => this.pictures.forEach((p) => p.draw()));
    }

    makeHelp() {
        const list = html("dl", { class: "help", hidden: "" });
        const keys = [["j k", "next and previous event"], ["n p", "next and previous decision"], ["/", "search; Enter finds the next"],
            ["?", "this help, and away with it"]];
        const signs = [["\u25b8", "a callback; what it calls stands indented below it; dots before it: it was posted then"],
            ["\u2192 \u2715", "a packet that arrives; one that is lost, where it died"], ["(1)", "a decision that differs from the usual order"],
            ["\u2298 \u26a0 \u2716", "a notification that was dropped; a fault; the failure"]];
        for (const [key, meaning] of keys) {
            const name = html("dt", {});
            name.append(...key.split(" ").map((one) => html("kbd", {}, one)));
            list.append(name, html("dd", {}, meaning));
        }
        for (const [sign, meaning] of signs)
            list.append(html("dt", {}, sign), html("dd", {}, meaning));
        return list;
    }

    toggle(label, kind) {
        const button = html("button", { "aria-pressed": "false" }, label);
        button.addEventListener("click", () => {
            this.shown[kind] = !this.shown[kind];
            button.setAttribute("aria-pressed", String(this.shown[kind]));
            this.arrange();
        });
        return button;
    }

    scaleButton() {
        const button = html("button", { "aria-pressed": "false" }, "time to scale");
        button.addEventListener("click", () => {
            this.toScale = !this.toScale;
            button.setAttribute("aria-pressed", String(this.toScale));
            this.arrange();
        });
        return button;
    }

    otherButton() {
        const button = html("button", { "aria-pressed": "true" }, "passing run beside it");
        button.addEventListener("click", () => {
            const element = this.pictures[1].element;
            element.hidden = !element.hidden;
            button.setAttribute("aria-pressed", String(!element.hidden));
            this.pictures.forEach((p) => p.draw());
        });
        return button;
    }

    partButton() {
        const button = html("button", {}, "first difference");
        button.addEventListener("click", () => this.goToPart());
        return button;
    }

    goToPart() {
        this.pictures.forEach((p, i) => { if (this.parts[i]) p.show(this.parts[i], true); });
        if (this.parts[0])
            this.pick(this.parts[0]);
    }

    arrange() {
        const cursor = this.cursor;
        for (const picture of this.pictures) {
            picture.run.arrange(this.shown);
            picture.measure(this.toScale);
        }
        if (cursor && this.run.rows[cursor.row] === cursor)
            this.pictures[0].show(cursor, true);
    }

    pick(e) {
        if (!e)
            return;
        this.cursor = e;
        this.pictures[0].show(e, false);
        if (this.plots)
            this.plots.mark(e.ns);
        this.tell(e);
    }

    goTo(e) {
        if (!e)
            return;
        this.pictures[0].show(e, true);
        this.pick(e);
    }

    move(by) {
        const row = this.cursor ? this.cursor.row + by : 0;
        const e = this.run.rows[Math.max(0, Math.min(row, this.run.rows.length - 1))];
        const picture = this.pictures[0], y = e ? picture.tops[e.row] : 0;
        const inSight = y > picture.scroll.scrollTop && y < picture.scroll.scrollTop + picture.scroll.clientHeight - 2 * ROW;
        if (inSight)
            this.pick(e);
        else
            this.goTo(e);
    }

    moveDecision(by) {
        const at = this.cursor ? this.cursor.n : 0, list = this.run.decisions;
        this.goTo(by > 0 ? list.find((e) => e.n > at) : [...list].reverse().find((e) => e.n < at));
    }

    find() {
        const wanted = this.search.value.toLowerCase(), rows = this.run.rows, start = this.cursor ? this.cursor.row + 1 : 0;
        if (!wanted)
            return;
        for (let k = 0; k < rows.length; k++) {
            const e = rows[(start + k) % rows.length], host = e.host < 0 ? "" : this.run.hosts[e.host];
            if (`${host} ${e.socket} ${e.text}`.toLowerCase().includes(wanted)) {
                this.goTo(e);
                return;
            }
        }
    }

    key(event) {
        if (event.target === this.search || event.ctrlKey || event.metaKey || event.altKey)
            return;
        const actions = { j: () => this.move(1), k: () => this.move(-1), n: () => this.moveDecision(1), p: () => this.moveDecision(-1),
            "/": () => this.search.focus(), "?": () => { this.help.hidden = !this.help.hidden; },
            Escape: () => { this.help.hidden = true; } };
        if (actions[event.key]) {
            actions[event.key]();
            event.preventDefault();
        }
    }

    // The event at the cursor, where else it is, and the sockets as they are then.
    tell(e) {
        const list = html("dl", {}), add = (name, value) => list.append(html("dt", {}, name), html("dd", {}, value));
        add("event", String(e.n));
        add("time", `${clock(e.ns)} (${e.ns} ns)`);
        add("kind", e.kind);
        if (e.host >= 0)
            add("host", this.run.hosts[e.host]);
        if (e.socket)
            add("socket", e.socket);
        add("what", e.text);
        if (e.kind === "packet") {
            add("packet", e.more.is);
            add("fate", e.more.lost ? `lost: ${e.more.fate}` : e.more.arrived === undefined ? "under way" : `arrived ${duration(e.more.arrived - e.ns)} later`);
            if (e.more.fault)
                add("faults", e.more.fault);
        }
        if (e.kind === "callback" && e.more)
            add("posted", e.more.posted < e.ns ? `${duration(e.ns - e.more.posted)} before` : "at the same time");
        const filter = html("code", {}, `frame.number == ${e.n}`), button = html("button", {}, "copy");
        copyable(button, filter.textContent);
        const line = html("p", {});
        line.append("in Wireshark: ", filter, " ", button);
        this.side.replaceChildren(html("h2", {}, "At the cursor"), list, line, html("h2", {}, "Sockets"), this.socketTable(e));
    }

    socketTable(e) {
        const table = html("table", {}), head = html("tr", {});
        for (const name of ["socket, ports", "state", "last call", "last callback"])
            head.append(html("th", {}, name));
        table.append(head);
        for (const [key, row] of this.sockets.at(this.run.events.indexOf(e))) {
            if (key.startsWith("="))
                continue;
            const line = html("tr", {}), changed = row.at === e.n;
            const name = html("td", {}, `${this.run.hosts[row.host]} ${row.socket || ""}`);
            if (row.ports)
                name.append(html("small", {}, row.ports));
            line.append(name);
            for (const name of ["state", "call", "callback"])
                line.append(html("td", changed && this.concerns(e, name) ? { class: "changed" } : {}, row[name] || ""));
            table.append(line);
        }
        return table;
    }

    concerns(e, name) {
        return e.kind === "state" ? name === "state" : e.kind === "call" ? name === "call" : name === "callback";
    }

    // For tests: what should be so, told in the title.
    selftest() {
        const rows = this.run.rows, picture = this.pictures[0], checks = {
            rows: rows.length > 0 || this.run.events.length === 0,
            order: rows.every((e, i) => i === 0 || (rows[i - 1].n < e.n && rows[i - 1].ns <= e.ns)),
            places: rows.every((e, i) => picture.tops[i + 1] >= picture.tops[i] + ROW),
            arrows: rows.every((e) => e.kind !== "packet" || (e.end > e.row && e.end <= rows.length + 1)),
            window: picture.svg.querySelectorAll("g.row, g.arrow").length <= 600,
        };
        if (rows.length > 0) {
            this.goTo(rows[rows.length - 1]);
            checks.cursor = this.side.querySelectorAll("dd").length >= 4;
            checks.end = picture.svg.querySelector(".cursor") !== null;
        }
        if (this.plots)
            checks.plots = this.plots.element.querySelectorAll("path.plot").length >= 6;
        setTimeout(() => { // when something has been painted
            const paint = performance.getEntriesByType("paint")[0];
            document.body.dataset.firstPaintMs = paint ? String(Math.round(paint.startTime)) : "none";
        }, 100);
        const failed = Object.keys(checks).filter((name) => !checks[name]);
        document.title = failed.length === 0 ? `selftest ok: ${rows.length} rows of ${this.run.events.length}` : `selftest failed: ${failed.join(" ")}`;
    }
}

const page = new Page(JSON.parse(document.getElementById("data").textContent));
if (page.other && page.parts[0])
    page.goToPart();
else if (page.run.decisions.length > 0)
    page.goTo(page.run.decisions[0]);
if (location.hash === "#selftest")
    page.selftest();
