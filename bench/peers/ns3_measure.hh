// SPDX-License-Identifier: MIT
//
// The command line of a case, and what is measured while it runs: CPU time, events, packets, memory.
#ifndef CASTANET_BENCH_NS3_MEASURE_HH
#define CASTANET_BENCH_NS3_MEASURE_HH

#include <ns3/core-module.h>
#include <ns3/network-module.h>

#include <malloc.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace peer
{

using ns3::Packet;
using ns3::Ptr;
using ns3::Simulator;

// ---- the command line ----

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The numbers of a command line, by name, and the two switches.
class Options
{
  public:
    Options(int argc, char **argv, std::map<std::string, std::uint64_t> defaults)
        : values_(std::move(defaults))
    {
        for (int i = 0; i < argc; i++) {
            std::string name = argv[i];
            if (name == "--real-bytes" || name == "--lean") {
                (name == "--lean" ? lean_ : real_bytes_) = true;
                continue;
            }
            // `idle-hosts 1000` gives the count without its name.
            bool named = name.rfind("--", 0) == 0;
            name = named ? name.substr(2) : "count";
            if (!values_.count(name) || (named && i + 1 == argc))
                throw UsageError("unknown option or no number after it: " + std::string(argv[i]));
            values_[name] = number(argv[named ? ++i : i]);
        }
    }
    std::uint64_t operator[](const char *name) const { return values_.at(name); }
    bool real_bytes() const { return real_bytes_; }
    bool lean() const { return lean_; }

  private:
    static std::uint64_t number(const char *text)
    {
        char *end = nullptr;
        std::uint64_t value = std::strtoull(text, &end, 10);
        if (end == text || *end != '\0' || *text == '-')
            throw UsageError("not a number: " + std::string(text));
        return value;
    }

    std::map<std::string, std::uint64_t> values_;
    bool real_bytes_ = false;
    bool lean_ = false;
};

// ---- what is measured ----

inline double cpu_seconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

inline std::uint64_t heap_bytes()
{
    struct mallinfo2 now = mallinfo2();
    return now.uordblks + now.hblkhd;
}

inline std::uint64_t packets_sent = 0;

inline void count_packet(Ptr<const Packet>) { packets_sent++; }

// One measured stretch: CPU seconds, events and packets from its making to print().
class Stretch
{
  public:
    Stretch() : seconds_(cpu_seconds()), events_(Simulator::GetEventCount()), packets_(packets_sent) {}

    // Prints the line of the case; `extra` holds its own pairs.
    void print(const char *name, const std::string &extra) const
    {
        double seconds = cpu_seconds() - seconds_;
        auto events = Simulator::GetEventCount() - events_;
        auto packets = packets_sent - packets_;
        std::printf("case=%s %s packets=%llu events=%llu seconds_cpu=%.6f packets_per_second=%.0f "
                    "events_per_second=%.0f seconds_simulated=%.6f\n",
                    name, extra.c_str(), static_cast<unsigned long long>(packets),
                    static_cast<unsigned long long>(events), seconds, static_cast<double>(packets) / seconds,
                    static_cast<double>(events) / seconds, Simulator::Now().GetSeconds());
    }
    double seconds() const { return cpu_seconds() - seconds_; }

  private:
    double seconds_;
    std::uint64_t events_;
    std::uint64_t packets_;
};

inline std::string pair_of(const char *key, std::uint64_t value)
{
    return std::string(key) + "=" + std::to_string(value);
}

} // namespace peer

#endif
