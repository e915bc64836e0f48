//! The registry of open connections: their number, the phase of each, and which one to close for a new one.
//!
//! INVARIANT: a connection is in the registry from its accept until its task has ended, and every phase but a request
//! under way ends at a deadline. So the number of connections is bounded, and a silent client does not keep one.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use plane::network::{ClientNetwork, TrustedProxies};
use tokio::sync::Notify;

/// The limits of connections.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionLimits {
    /// Connections in all.
    pub total: usize,
    /// Connections of one network, other than this machine's and those of trusted proxies.
    pub per_network: usize,
    pub trusted: TrustedProxies,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long a connection may wait for its next request.
    pub idle: Duration,
    /// How long the client may take to read 16 KiB of an answer.
    pub write: Duration,
}

/// How long a closed connection is read to its end, so that the client gets the answer before the reset.
const LINGER: Duration = Duration::from_secs(2);
/// A reader that takes less than this in [`ConnectionLimits::write`] is too slow.
const SLOWEST_READ: u64 = 16 * 1024;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// The head of a request is awaited or has come in part.
    Head,
    /// A request is under way.
    Busy,
    /// The last request was answered; the next one may come.
    Idle,
    /// The answer was sent, and what the client still sends is discarded.
    Closing,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Head, Self::Busy, Self::Idle, Self::Closing];
}

/// One open connection.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    network: ClientNetwork,
    opened: Instant,
    phase: AtomicU8,
    /// Milliseconds from `opened` to the beginning of the phase.
    since: AtomicU64,
    /// Milliseconds from `opened` to when writing began to block, and 1 more; 0: it does not.
    blocked_since: AtomicU64,
    /// Bytes written since then.
    trickled: AtomicU64,
    close: Notify,
}

impl Connection {
    fn new(id: u64, network: ClientNetwork) -> Self {
        Self {
            id,
            network,
            opened: Instant::now(),
            phase: AtomicU8::new(Phase::Head as u8),
            since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            trickled: AtomicU64::new(0),
            close: Notify::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn phase(&self) -> Phase {
        let phase = self.phase.load(Ordering::Acquire);
        Phase::ALL.into_iter().find(|one| *one as u8 == phase).unwrap_or(Phase::Busy)
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.since.store(self.now(), Ordering::Release);
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// Bytes came in.
    pub(super) fn received(&self) {
        if self.phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// The client does not take more bytes now.
    pub(super) fn write_blocked(&self) {
        if self.blocked_since.load(Ordering::Acquire) == 0 {
            self.trickled.store(0, Ordering::Release);
            self.blocked_since.store(self.now() + 1, Ordering::Release);
        }
    }

    /// The client took `bytes`, which was all there was to write or not.
    pub(super) fn written(&self, bytes: usize, all: bool) {
        if self.blocked_since.load(Ordering::Acquire) == 0 {
            return;
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if all || self.trickled.fetch_add(bytes, Ordering::AcqRel).saturating_add(bytes) >= SLOWEST_READ {
            self.blocked_since.store(0, Ordering::Release);
        }
    }

    /// Resolves when the connection has to be closed.
    pub(super) async fn closed(&self) {
        self.close.notified().await;
    }

    fn close(&self) {
        // A permit is kept where the task does not wait yet.
        self.close.notify_one();
    }

    fn overdue(&self, limits: &ConnectionLimits) -> bool {
        let now = self.now();
        let over =
            |since: u64, limit: Duration| Duration::from_millis(now.saturating_sub(since)) >= limit && !limit.is_zero();
        let blocked = self.blocked_since.load(Ordering::Acquire);
        let since = self.since.load(Ordering::Acquire);
        let waits = match self.phase() {
            Phase::Head => over(since, limits.head),
            Phase::Idle => over(since, limits.idle),
            Phase::Closing => over(since, LINGER),
            Phase::Busy => false,
        };
        waits || blocked > 0 && over(blocked - 1, limits.write)
    }
}

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    limits: ConnectionLimits,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    count: usize,
    /// By network, the oldest first.
    networks: HashMap<ClientNetwork, BTreeMap<u64, Arc<Connection>>>,
}

/// A place among the connections, given back when it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    connections: Arc<Connections>,
    pub(super) connection: Arc<Connection>,
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.connections.open().remove(&self.connection);
    }
}

impl Connections {
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default() })
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().expect("no holder panics")
    }

    /// A place for a new connection. Where there is none, an older connection that serves no request is closed for it;
    /// `None` where all of them serve one.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionSlot> {
        let network = ClientNetwork::of(peer);
        let exempt = peer.to_canonical().is_loopback() || self.limits.trusted.contains(peer);
        let mut open = self.open();
        let own = open.networks.get(&network).map_or(0, BTreeMap::len);
        if !exempt && own >= self.limits.per_network {
            let victim = open.networks.get(&network).and_then(idlest)?;
            open.evict(&victim);
        } else if open.count >= self.limits.total {
            let victim = open.victim()?;
            open.evict(&victim);
        }
        let connection = open.insert(network);
        drop(open);
        Some(ConnectionSlot { connections: Arc::clone(self), connection })
    }

    /// Closes one connection that serves no request, because the system has no room for more. Says whether there was one.
    pub(super) fn make_room(&self) -> bool {
        let mut open = self.open();
        let victim = open.victim();
        victim.is_some_and(|victim| {
            open.evict(&victim);
            true
        })
    }

    /// Closes the connections whose deadline has passed.
    pub(super) fn sweep(&self) {
        let open = self.open();
        for connection in open.networks.values().flat_map(BTreeMap::values) {
            if connection.overdue(&self.limits) {
                connection.close();
            }
        }
    }
}

impl Open {
    fn insert(&mut self, network: ClientNetwork) -> Arc<Connection> {
        self.next += 1;
        let connection = Arc::new(Connection::new(self.next, network));
        self.networks.entry(network).or_default().insert(connection.id, Arc::clone(&connection));
        self.count += 1;
        connection
    }

    fn remove(&mut self, connection: &Connection) {
        let Some(of_network) = self.networks.get_mut(&connection.network) else { return };
        // An evicted one is already removed.
        if of_network.remove(&connection.id).is_some() {
            self.count -= 1;
        }
        if of_network.is_empty() {
            self.networks.remove(&connection.network);
        }
    }

    fn evict(&mut self, victim: &Arc<Connection>) {
        victim.close();
        self.remove(victim);
    }

    /// The connection to close first: of the network with the most connections, if it has one that serves no
    /// request, else of any.
    fn victim(&self) -> Option<Arc<Connection>> {
        let crowd = self.networks.values().max_by_key(|of_network| of_network.len())?;
        idlest(crowd).or_else(|| self.networks.values().find_map(idlest))
    }
}

/// The oldest connection of a network without a whole head; else the oldest that is closing or idle.
fn idlest(of_network: &BTreeMap<u64, Arc<Connection>>) -> Option<Arc<Connection>> {
    let of = |phase| of_network.values().find(move |connection| connection.phase() == phase);
    of(Phase::Head).or_else(|| of(Phase::Closing)).or_else(|| of(Phase::Idle)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, per_network: usize) -> Arc<Connections> {
        let long = Duration::from_hours(1);
        let trusted = TrustedProxies::from_iter([IpAddr::from([10, 0, 0, 1])]);
        Connections::new(ConnectionLimits { total, per_network, trusted, head: long, idle: long, write: long })
    }

    fn evicted(place: &ConnectionSlot) -> bool {
        let ids: Vec<u64> = place.connections.open().networks.values().flat_map(BTreeMap::keys).copied().collect();
        !ids.contains(&place.connection.id)
    }

    #[test]
    fn the_oldest_without_a_head_goes_first() {
        let connections = connections(3, 10);
        let ip = IpAddr::from([192, 0, 2, 1]);
        let places: Vec<_> = (0..3).map(|_| connections.admit(ip).unwrap()).collect();
        places[0].connection.enter(Phase::Busy);
        places[1].connection.enter(Phase::Idle);
        let fourth = connections.admit(ip).unwrap();
        fourth.connection.enter(Phase::Busy);
        assert_eq!(places.iter().map(evicted).collect::<Vec<_>>(), [false, false, true]);
        let fifth = connections.admit(ip).unwrap();
        fifth.connection.enter(Phase::Busy);
        assert!(evicted(&places[1]), "after those without a head, idle ones go");
        assert!(connections.admit(ip).is_none(), "a request under way is not cut off for a new connection");
        drop(places);
        assert!(connections.admit(ip).is_some(), "a place is given back");
    }

    #[test]
    fn a_network_has_its_share_and_proxies_have_more() {
        let connections = connections(100, 2);
        for (ip, all) in [
            (IpAddr::from([192, 0, 2, 1]), false),
            ("2001:db8::1".parse().unwrap(), false),
            ("::ffff:192.0.2.9".parse().unwrap(), false),
            ([127, 0, 0, 1].into(), true),
            ("::ffff:127.0.0.1".parse().unwrap(), true),
            ([10, 0, 0, 1].into(), true),
        ] {
            let places: Vec<_> = (0..3).filter_map(|_| connections.admit(ip)).collect();
            assert_eq!(places.len(), 3);
            assert_eq!(evicted(&places[0]), !all, "{ip}");
            assert!(!evicted(&places[2]));
        }
    }

    #[test]
    fn a_crowd_makes_room_before_a_single_client_does() {
        let connections = connections(4, 100);
        let single = connections.admit([192, 0, 2, 1].into()).unwrap();
        let crowd: Vec<_> = (0..3).map(|_| connections.admit([192, 0, 2, 2].into()).unwrap()).collect();
        let _new = connections.admit([192, 0, 2, 3].into()).unwrap();
        assert!(evicted(&crowd[0]) && !evicted(&single));
    }

    #[test]
    fn each_phase_has_its_deadline() {
        let short = Duration::from_millis(1);
        let long = Duration::from_hours(1);
        let limits = |head, idle, write| ConnectionLimits {
            total: 1,
            per_network: 1,
            trusted: TrustedProxies::default(),
            head,
            idle,
            write,
        };
        let mut connection = Connection::new(1, ClientNetwork::of([192, 0, 2, 1].into()));
        connection.opened = Instant::now().checked_sub(Duration::from_mins(1)).unwrap();
        assert!(connection.overdue(&limits(short, long, long)));
        assert!(!connection.overdue(&limits(long, short, short)));
        *connection.phase.get_mut() = Phase::Idle as u8;
        assert!(connection.overdue(&limits(long, short, long)));
        connection.enter(Phase::Busy);
        assert!(!connection.overdue(&limits(short, short, short)));
        connection.write_blocked();
        assert!(!connection.overdue(&limits(short, short, long)));
        *connection.blocked_since.get_mut() = 1;
        assert!(connection.overdue(&limits(long, long, short)));
        connection.written(100, false);
        assert!(connection.overdue(&limits(long, long, short)), "a trickle is no progress");
        connection.written(16 * 1024, false);
        assert!(!connection.overdue(&limits(long, long, short)));
    }
}
