// SPDX-License-Identifier: MIT
//
// The programs that run on the nodes: servers, senders and players, written with callbacks as ns-3 wants it.
#ifndef CASTANET_BENCH_NS3_PROGRAMS_HH
#define CASTANET_BENCH_NS3_PROGRAMS_HH

#include "ns3_network.hh"

#include <algorithm>
#include <memory>
#include <vector>

namespace peer
{

// ---- TCP servers ----

// Listens on a node and gives each byte back, or drops it; closes what its peer closes.
class Server
{
  public:
    Server(const Ptr<Node> &node, bool echoes)
        : echoes_(echoes), listener_(make_socket(node, "ns3::TcpSocketFactory"))
    {
        listener_->Bind(InetSocketAddress(Ipv4Address::GetAny(), kPort));
        listener_->SetAcceptCallback(ns3::MakeNullCallback<bool, Ptr<Socket>, const Address &>(),
                                     MakeCallback(&Server::accept, this));
        listener_->Listen();
    }
    std::uint64_t received() const { return received_; }
    bool take_bytes = false;

  private:
    void accept(Ptr<Socket> socket, const Address &)
    {
        socket->SetRecvCallback(MakeCallback(&Server::receive, this));
        socket->SetCloseCallbacks(MakeCallback(&Server::close, this), MakeCallback(&Server::close, this));
    }
    void receive(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv()) {
            received_ += packet->GetSize();
            if (take_bytes)
                copy_out(packet);
            if (echoes_ && packet->GetSize() > 0)
                socket->Send(packet);
            if (packet->GetSize() == 0)
                return;
        }
    }
    void copy_out(const Ptr<Packet> &packet)
    {
        sink_.resize(std::max<std::size_t>(sink_.size(), packet->GetSize()));
        packet->CopyData(sink_.data(), packet->GetSize());
    }
    void close(Ptr<Socket> socket) { socket->Close(); }

    bool echoes_;
    Ptr<Socket> listener_;
    std::uint64_t received_ = 0;
    std::vector<std::uint8_t> sink_;
};

// ---- bulk ----

// Connects and writes `bytes` as fast as the send buffer takes them, then closes.
class BulkSender
{
  public:
    BulkSender(const Ptr<Node> &node, Ipv4Address to, std::uint64_t bytes, bool real)
        : bytes_(bytes), real_(real), socket_(make_socket(node, "ns3::TcpSocketFactory"))
    {
        socket_->SetConnectCallback(MakeCallback(&BulkSender::connected, this),
                                    ns3::MakeNullCallback<void, Ptr<Socket>>());
        socket_->Bind();
        socket_->Connect(InetSocketAddress(to, kPort));
    }

  private:
    // The callback for room is set here, for ns-3 calls it before the connection stands, too.
    void connected(Ptr<Socket> socket)
    {
        socket->SetSendCallback(MakeCallback(&BulkSender::write, this));
        write(socket, socket->GetTxAvailable());
    }
    void write(Ptr<Socket> socket, std::uint32_t)
    {
        while (sent_ < bytes_) {
            std::uint64_t room = std::min<std::uint64_t>(socket->GetTxAvailable(), kWriteBytes);
            auto bytes = static_cast<std::uint32_t>(std::min(room, bytes_ - sent_));
            if (bytes == 0 || socket->Send(make_payload(bytes, real_)) < 0)
                return;
            sent_ += bytes;
        }
        if (!closed_) {
            closed_ = true;
            socket->Close();
        }
    }

    static constexpr std::uint64_t kWriteBytes = 16384;
    std::uint64_t bytes_;
    bool real_;
    Ptr<Socket> socket_;
    std::uint64_t sent_ = 0;
    bool closed_ = false;
};

// ---- UDP ping-pong ----

// A UDP socket that answers each datagram with one of its own until the common budget is used up.
class Player
{
  public:
    Player(const Ptr<Node> &node, std::uint64_t &left, bool real)
        : left_(left), real_(real), socket_(make_socket(node, "ns3::UdpSocketFactory"))
    {
        socket_->Bind(InetSocketAddress(Ipv4Address::GetAny(), kPort));
        socket_->SetRecvCallback(MakeCallback(&Player::receive, this));
    }
    void serve(Ipv4Address to) { send(InetSocketAddress(to, kPort)); }

  private:
    void receive(Ptr<Socket> socket)
    {
        Address from;
        while (socket->RecvFrom(from))
            send(from);
    }
    void send(const Address &to)
    {
        if (left_ == 0)
            return;
        left_--;
        socket_->SendTo(make_payload(kMessageBytes, real_), 0, to);
    }

    std::uint64_t &left_;
    bool real_;
    Ptr<Socket> socket_;
};

// ---- TCP echo ----

// A connection that sends 64 bytes, waits for their return and starts again while the common budget lasts.
class EchoClient
{
  public:
    EchoClient(const Ptr<Node> &node, Ipv4Address to, std::uint64_t &left, bool real)
        : left_(left), real_(real), socket_(make_socket(node, "ns3::TcpSocketFactory"))
    {
        socket_->SetConnectCallback(MakeCallback(&EchoClient::connected, this),
                                    ns3::MakeNullCallback<void, Ptr<Socket>>());
        socket_->SetRecvCallback(MakeCallback(&EchoClient::receive, this));
        socket_->Bind();
        socket_->Connect(InetSocketAddress(to, kPort));
    }
    bool is_connected() const { return connected_; }
    std::uint64_t round_trips() const { return round_trips_; }

    // Sends the next message, or closes when none is left.
    void send()
    {
        if (left_ == 0) {
            socket_->Close();
            return;
        }
        left_--;
        socket_->Send(make_payload(kMessageBytes, real_));
    }
    bool sends_when_connected = false;

  private:
    void connected(Ptr<Socket>)
    {
        connected_ = true;
        if (sends_when_connected)
            send();
    }
    void receive(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv()) {
            if (packet->GetSize() == 0)
                return;
            received_ += packet->GetSize();
        }
        if (received_ < kMessageBytes)
            return;
        received_ -= kMessageBytes;
        round_trips_++;
        send();
    }

    std::uint64_t &left_;
    bool real_;
    Ptr<Socket> socket_;
    bool connected_ = false;
    std::uint64_t received_ = 0;
    std::uint64_t round_trips_ = 0;
};

// Two nodes and idle connections between them, each made a millisecond after the one before.
class Connections
{
  public:
    Connections(const Network &network, std::uint64_t count, std::uint64_t &left, bool real)
    {
        for (std::uint64_t i = 0; i < count; i++) {
            clients_.push_back(
                std::make_unique<EchoClient>(network.node(0), Network::address(1), left, real));
            Simulator::Stop(ns3::MilliSeconds(1));
            Simulator::Run();
        }
        Simulator::Stop(ns3::Seconds(1));
        Simulator::Run();
        for (const auto &client : clients_)
            if (!client->is_connected())
                throw std::runtime_error("a connection was not made");
    }
    void send_all()
    {
        for (const auto &client : clients_)
            client->send();
    }
    std::uint64_t round_trips() const
    {
        std::uint64_t sum = 0;
        for (const auto &client : clients_)
            sum += client->round_trips();
        return sum;
    }

  private:
    std::vector<std::unique_ptr<EchoClient>> clients_;
};

} // namespace peer

#endif
