// SPDX-License-Identifier: MIT
//
// Nodes in pairs, each pair on a link of its own, with sockets and payload for them.
#ifndef CASTANET_BENCH_NS3_NETWORK_HH
#define CASTANET_BENCH_NS3_NETWORK_HH

#include "ns3_measure.hh"

#include <ns3/internet-module.h>
#include <ns3/network-module.h>
#include <ns3/point-to-point-module.h>
#include <ns3/traffic-control-module.h>

#include <vector>

namespace peer
{

using ns3::Address;
using ns3::InetSocketAddress;
using ns3::Ipv4Address;
using ns3::MakeCallback;
using ns3::Node;
using ns3::NodeContainer;
using ns3::Socket;

constexpr std::uint16_t kPort = 7;
constexpr std::uint32_t kMessageBytes = 64;

struct Link {
    std::uint64_t latency_ms = 1;
    std::uint64_t mtu = 1500;
    std::uint64_t loss_ppm = 0;
    bool lean = false;
};

inline Link plain_link(const Options &options)
{
    Link link;
    link.lean = options.lean();
    return link;
}

inline void lose_on_arrival(Ptr<ns3::NetDevice> device, std::uint64_t loss_ppm)
{
    auto model = ns3::CreateObject<ns3::RateErrorModel>();
    model->SetUnit(ns3::RateErrorModel::ERROR_UNIT_PACKET);
    model->SetRate(static_cast<double>(loss_ppm) / 1e6);
    device->SetAttribute("ReceiveErrorModel", ns3::PointerValue(model));
}

// Makes `hosts` nodes with a stack each, joined in pairs by links of 1 Gbit/s.
class Network
{
  public:
    Network(std::uint64_t hosts, const Link &link)
    {
        nodes_.Create(static_cast<std::uint32_t>(hosts));
        ns3::InternetStackHelper stack;
        ns3::PointToPointHelper helper;
        if (link.lean) {
            stack.SetIpv6StackInstall(false);
            stack.SetRoutingHelper(ns3::Ipv4StaticRoutingHelper());
            helper.DisableFlowControl();
            helper.SetQueue("ns3::DropTailQueue<Packet>", "MaxSize", ns3::StringValue("100000p"));
        }
        stack.Install(nodes_);
        helper.SetDeviceAttribute("DataRate", ns3::StringValue("1Gbps"));
        helper.SetDeviceAttribute("Mtu", ns3::UintegerValue(link.mtu));
        helper.SetChannelAttribute("Delay", ns3::TimeValue(ns3::MilliSeconds(link.latency_ms)));
        for (std::uint32_t host = 0; host + 1 < nodes_.GetN(); host += 2)
            join(helper.Install(nodes_.Get(host), nodes_.Get(host + 1)), link, host);
        // Traffic control works from then on only; ns-3 would do it within its first event.
        for (std::uint32_t host = 0; host < nodes_.GetN(); host++)
            nodes_.Get(host)->Initialize();
    }
    Ptr<Node> node(std::uint64_t host) const { return nodes_.Get(static_cast<std::uint32_t>(host)); }

    // The address of the host's one interface: 10.0.0.0/8 cut into pieces of four, one for each pair.
    static Ipv4Address address(std::uint64_t host)
    {
        return Ipv4Address(static_cast<std::uint32_t>(0x0a000001U + host / 2 * 4 + host % 2));
    }

  private:
    static void join(const ns3::NetDeviceContainer &devices, const Link &link, std::uint64_t first)
    {
        for (std::uint32_t end = 0; end < 2; end++) {
            auto device = devices.Get(end);
            auto ip = device->GetNode()->GetObject<ns3::Ipv4>();
            auto index = ip->AddInterface(device);
            ip->AddAddress(index, {address(first + end), ns3::Ipv4Mask("255.255.255.252")});
            ip->SetUp(index);
            if (!link.lean)
                ns3::TrafficControlHelper::Default().Install(device);
            device->TraceConnectWithoutContext("PhyTxEnd", MakeCallback(&count_packet));
            if (link.loss_ppm > 0)
                lose_on_arrival(device, link.loss_ppm);
        }
    }

    NodeContainer nodes_;
};

inline Ptr<Socket> make_socket(const Ptr<Node> &node, const char *factory)
{
    return Socket::CreateSocket(node, ns3::TypeId::LookupByName(factory));
}

inline Ptr<Packet> make_payload(std::uint32_t bytes, bool real)
{
    static const std::vector<std::uint8_t> block(1 << 16, 0x5a);
    return real ? ns3::Create<Packet>(block.data(), bytes) : ns3::Create<Packet>(bytes);
}

inline void set_up_tcp(std::uint64_t window, std::uint64_t mtu)
{
    using ns3::Config::SetDefault;
    constexpr std::uint64_t headers = 20 + 20 + 12;
    if (mtu <= headers)
        throw UsageError("--mtu leaves no room for data behind 52 bytes of headers");
    SetDefault("ns3::TcpSocket::SegmentSize", ns3::UintegerValue(mtu - headers));
    SetDefault("ns3::TcpSocket::SndBufSize", ns3::UintegerValue(window));
    SetDefault("ns3::TcpSocket::RcvBufSize", ns3::UintegerValue(window));
    SetDefault("ns3::TcpL4Protocol::SocketType", ns3::StringValue("ns3::TcpNewReno"));
}

} // namespace peer

#endif
