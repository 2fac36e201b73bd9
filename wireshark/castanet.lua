-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What castanet's captures say, as fields: castanet.host, castanet.event, castanet.fault ...
--
-- A post-dissector.  Rows of the journal carry what happened at the API and in the world in fields of their
-- own; packets carry an id, and comments about the faults that touched them.  `wireshark install` of a
-- castanet program puts this file where Wireshark finds it; `tshark -X lua_script:castanet.lua` takes it as
-- it is.

local castanet = Proto("castanet", "castanet event")

local f = {
    event = ProtoField.uint64("castanet.event", "Event"),
    kind = ProtoField.string("castanet.kind", "Kind"),
    host = ProtoField.string("castanet.host", "Host"),
    socket = ProtoField.string("castanet.socket", "Socket"),
    what = ProtoField.string("castanet.what", "What"),
    text = ProtoField.string("castanet.text", "Text"),
    error = ProtoField.string("castanet.error", "Error"),
    result = ProtoField.int64("castanet.result", "Result"),
    packet = ProtoField.uint64("castanet.packet", "Packet id"),
    time_ns = ProtoField.uint64("castanet.time_ns", "Virtual time in ns"),
    posted_ns = ProtoField.uint64("castanet.posted_ns", "Posted at, in ns"),
    waited_ns = ProtoField.uint64("castanet.waited_ns", "Waited to be dispatched, in ns"),
    fault = ProtoField.string("castanet.fault", "Fault"),
    rule = ProtoField.uint64("castanet.rule", "Rule"),
    count = ProtoField.uint64("castanet.count", "Count"),
}
castanet.fields = f

local names = Field.new("systemd_journal.field.name")
local values = Field.new("systemd_journal.field.value")
local messages = Field.new("systemd_journal.message")
local hostnames = Field.new("systemd_journal.hostname")
local identifiers = Field.new("systemd_journal.syslog_id")
local comments = Field.new("frame.comment")
local ids = Field.new("frame.packet_id")
local interfaces = Field.new("frame.interface_name")
local epochs = Field.new("frame.time_epoch")

local EPOCH_S = 946684800 -- virtual time 0

-- In a capture of the whole world frame n is event n; in one of a single host it is not.
local is_whole

function castanet.init()
    is_whole = nil
end

local function first(extractor)
    local found = extractor()
    return found and found.value
end

local function add_fault(tree, text)
    tree:add(f.fault, text)
    local rule = text:match(" rule=(%d+)")
    if rule then
        tree:add(f.rule, UInt64(rule))
    end
end

-- ---- rows of the journal ----

local function fields_of_row()
    local row, all = {}, { values() }
    for i, name in ipairs({ names() }) do
        row[name.value] = all[i] and all[i].value
    end
    return row
end

local function add_number(tree, field, text)
    if text then
        tree:add(field, UInt64(text))
    end
end

local function add_text(tree, field, text)
    if text then
        tree:add(field, text)
    end
end

local function add_row(tree, pinfo)
    local row = fields_of_row()
    local text = (first(messages) or ""):gsub("^ev=%d+ ", "")
    if is_whole == nil then
        is_whole = tonumber(row.SIM_SEQ) == pinfo.number
    end
    add_number(tree, f.event, row.SIM_SEQ)
    add_text(tree, f.kind, row.SIM_KIND)
    add_text(tree, f.host, first(hostnames))
    add_text(tree, f.socket, row.SIM_SOCKET)
    add_text(tree, f.what, row.SIM_EVENT)
    add_text(tree, f.text, text)
    add_text(tree, f.error, row.SIM_ERR)
    if row.SIM_RESULT then
        tree:add(f.result, Int64(tonumber(row.SIM_RESULT)))
    end
    add_number(tree, f.packet, row.SIM_PACKET)
    add_number(tree, f.time_ns, row.SIM_TIME_NS)
    add_number(tree, f.posted_ns, row.SIM_POSTED_NS)
    if row.SIM_POSTED_NS then
        tree:add(f.waited_ns, UInt64(row.SIM_TIME_NS) - UInt64(row.SIM_POSTED_NS))
    end
    add_number(tree, f.count, row.SIM_COUNT)
    if row.SIM_KIND == "fault" then
        add_fault(tree, text)
    end
    pinfo.cols.protocol = "castanet"
    pinfo.cols.info = text
end

-- ---- packets ----

local function add_packet(tree, pinfo)
    local name, time = first(interfaces), first(epochs)
    if is_whole then
        tree:add(f.event, UInt64(pinfo.number))
    end
    tree:add(f.kind, "packet")
    add_text(tree, f.host, name and name:match("^(.*)%.[^.]*$"))
    local id = first(ids)
    if id then
        tree:add(f.packet, id)
    end
    if time then
        tree:add(f.time_ns, UInt64(time.secs - EPOCH_S) * UInt64(1000000000) + UInt64(time.nsecs))
    end
    for _, comment in ipairs({ comments() }) do
        if comment.value:find("^FAULT ") then
            add_fault(tree, comment.value)
            pinfo.cols.info:append(" [" .. comment.value .. "]")
        end
    end
end

function castanet.dissector(buffer, pinfo, root)
    local is_row = first(identifiers) == "castanet"
    if not is_row and not first(ids) then
        return -- not one of ours
    end
    local tree = root:add(castanet, buffer(0, 0))
    if is_row then
        add_row(tree, pinfo)
    else
        add_packet(tree, pinfo)
    end
end

register_postdissector(castanet)
