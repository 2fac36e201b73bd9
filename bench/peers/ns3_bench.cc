// SPDX-License-Identifier: MIT
//
// The cases of castanet_bench on ns-3, with the same sub-commands and the same line of key=value, so that
// bench/compare.py can let both take turns.
//
// 1. A case builds its network first; seconds_cpu is the CPU time of the process from the first event to the
//    last, and in `worlds`, where building is the subject, all of it.
// 2. packets counts what nodes put on links, acknowledgements too, whether it arrives or not; events counts what
//    ns-3's scheduler ran in that time.
// 3. Networks are what ns-3's helpers make: IPv4 and IPv6, FqCoDel above a device queue of 100 packets.  With
//    --lean they are what ns-3 is fastest and smallest with: IPv4 alone, static routes, no traffic control.
// 4. Payload is a length without bytes, and checksums are not made, unless --real-bytes is given.

#include "ns3_programs.hh"

namespace
{

using namespace peer;

// ---- traffic ----

void run_bulk(const Options &options)
{
    set_up_tcp(options["window"], options["mtu"]);
    Network network(2, {options["latency-ms"], options["mtu"], options["loss-ppm"], options.lean()});
    Server server(network.node(1), false);
    server.take_bytes = options.real_bytes();
    BulkSender sender(network.node(0), Network::address(1), options["bytes"], options.real_bytes());
    Stretch stretch;
    Simulator::Run();
    if (server.received() != options["bytes"])
        throw std::runtime_error("only " + std::to_string(server.received()) + " bytes arrived");
    stretch.print("bulk", pair_of("bytes", server.received()));
}

void run_udp_pingpong(const Options &options)
{
    std::uint64_t hosts = options["hosts"] / 2 * 2;
    std::uint64_t left = options["count"];
    Network network(hosts, plain_link(options));
    std::vector<std::unique_ptr<Player>> players;
    for (std::uint64_t host = 0; host < hosts; host++)
        players.push_back(std::make_unique<Player>(network.node(host), left, options.real_bytes()));
    // IPv6 looks for duplicates of its addresses first; that is no part of the game.
    Simulator::Stop(ns3::Seconds(5));
    Simulator::Run();
    Stretch stretch;
    for (std::uint64_t host = 0; host < hosts; host += 2)
        players[host]->serve(Network::address(host + 1));
    Simulator::Run();
    stretch.print("udp-pingpong",
                  pair_of("hosts", hosts) + " " + pair_of("round_trips", options["count"] / 2));
}

void run_tcp_pingpong(const Options &options)
{
    set_up_tcp(options["window"], 1500);
    Network network(2, plain_link(options));
    Server server(network.node(1), true);
    std::uint64_t left = options["count"];
    Connections connections(network, options["connections"], left, options.real_bytes());
    Stretch stretch;
    connections.send_all();
    Simulator::Run();
    double seconds = stretch.seconds();
    if (connections.round_trips() != options["count"])
        throw std::runtime_error("only " + std::to_string(connections.round_trips()) + " messages came back");
    stretch.print("tcp-pingpong", pair_of("connections", options["connections"]) + " " +
                                      pair_of("round_trips", options["count"]) + " us_per_round_trip=" +
                                      std::to_string(seconds * 1e6 / static_cast<double>(options["count"])));
}

// ---- worlds ----

std::uint64_t run_one_world(const Options &options, std::uint64_t &events)
{
    std::uint64_t left = 1;
    Network network(2, plain_link(options));
    Server server(network.node(1), true);
    EchoClient client(network.node(0), Network::address(1), left, options.real_bytes());
    client.sends_when_connected = true;
    Simulator::Run();
    events += Simulator::GetEventCount();
    Simulator::Destroy();
    return client.round_trips();
}

void run_worlds(const Options &options)
{
    set_up_tcp(options["window"], 1500);
    std::uint64_t round_trips = 0, events = 0;
    double start = cpu_seconds();
    for (std::uint64_t world = 0; world < options["count"]; world++)
        round_trips += run_one_world(options, events);
    double seconds = cpu_seconds() - start;
    if (round_trips != options["count"])
        throw std::runtime_error("a world had no echo");
    auto worlds = static_cast<double>(options["count"]);
    std::printf("case=worlds worlds=%.0f packets=%llu events=%llu seconds_cpu=%.6f worlds_per_second=%.0f\n",
                worlds, static_cast<unsigned long long>(packets_sent),
                static_cast<unsigned long long>(events), seconds, worlds / seconds);
}

// ---- memory ----

void print_memory(const char *name, const char *things, const char *key, std::uint64_t count,
                  std::uint64_t before)
{
    auto bytes = static_cast<double>(heap_bytes() - before) / static_cast<double>(count);
    std::printf("case=%s %s=%llu %s=%.0f\n", name, things, static_cast<unsigned long long>(count), key,
                bytes);
}

void run_idle_connections(const Options &options)
{
    set_up_tcp(options["window"], 1500);
    Network network(2, plain_link(options));
    Server server(network.node(1), true);
    std::uint64_t left = 0;
    Connections first(network, 1, left, false);
    std::uint64_t before = heap_bytes();
    Connections connections(network, options["count"], left, false);
    print_memory("idle-connections", "connections", "bytes_per_connection", options["count"], before);
}

void run_idle_hosts(const Options &options)
{
    std::uint64_t before = heap_bytes();
    Network network(options["count"] / 2 * 2, plain_link(options));
    Simulator::Stop(ns3::MilliSeconds(1));
    Simulator::Run();
    print_memory("idle-hosts", "hosts", "bytes_per_host", options["count"] / 2 * 2, before);
}

// ---- events alone ----

void tick(std::uint64_t *left, std::uint64_t step)
{
    if (*left == 0)
        return;
    (*left)--;
    Simulator::Schedule(ns3::NanoSeconds(1 + step * 7919 % 1000), &tick, left, step + 1);
}

void run_events(const Options &options)
{
    std::uint64_t left = options["count"];
    Stretch stretch;
    for (std::uint64_t i = 0; i < options["pending"]; i++)
        Simulator::Schedule(ns3::NanoSeconds(1 + i % 1000), &tick, &left, i);
    Simulator::Run();
    stretch.print("events", pair_of("pending", options["pending"]));
}

// ---- the cases ----

struct Case {
    const char *name;
    void (*run)(const Options &);
    std::map<std::string, std::uint64_t> defaults;
};

constexpr std::uint64_t kWindow = 3'000'000;

const std::vector<Case> &cases()
{
    static const std::vector<Case> all = {
        {"bulk",
         run_bulk,
         {{"bytes", 20'000'000}, {"loss-ppm", 0}, {"latency-ms", 10}, {"window", kWindow}, {"mtu", 1500}}},
        {"udp-pingpong", run_udp_pingpong, {{"hosts", 1000}, {"count", 100'000}}},
        {"tcp-pingpong", run_tcp_pingpong, {{"connections", 1}, {"count", 20'000}, {"window", 262'144}}},
        {"worlds", run_worlds, {{"count", 1000}, {"window", 262'144}}},
        {"idle-connections", run_idle_connections, {{"count", 1000}, {"window", 262'144}}},
        {"idle-hosts", run_idle_hosts, {{"count", 1000}}},
        {"events", run_events, {{"count", 1'000'000}, {"pending", 1000}}},
    };
    return all;
}

int run_case(const std::string &name, int argc, char **argv)
{
    for (const auto &entry : cases()) {
        if (name != entry.name)
            continue;
        Options options(argc, argv, entry.defaults);
        if (options.real_bytes())
            ns3::GlobalValue::Bind("ChecksumEnabled", ns3::BooleanValue(true));
        entry.run(options);
        return 0;
    }
    throw UsageError("unknown case '" + name + "'");
}

void print_usage()
{
    std::fprintf(stderr, "usage: ns3_bench CASE [--OPTION NUMBER]... [--real-bytes] [--lean]\n");
    for (const auto &entry : cases()) {
        std::fprintf(stderr, "  %s", entry.name);
        for (const auto &[option, value] : entry.defaults)
            std::fprintf(stderr, " [--%s %llu]", option.c_str(), static_cast<unsigned long long>(value));
        std::fprintf(stderr, "\n");
    }
}

} // namespace

int main(int argc, char **argv)
{
    try {
        if (argc < 2)
            throw UsageError("no case is named");
        return run_case(argv[1], argc - 2, argv + 2);
    } catch (const UsageError &error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        print_usage();
        return 2;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
}
