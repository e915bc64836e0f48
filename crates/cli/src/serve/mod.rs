//! `freehold serve`: listens, works in the background, and stops on a signal.

mod acceptor;
mod connections;
mod open_files;
mod stream;

use std::{fs, net::SocketAddr, sync::Arc, time::Duration};

use local::table::FileTables;
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, timeout_at},
};

use self::{acceptor::accept, connections::ConnectionLimits};
use crate::{
    compose::{self, Composed},
    config::Config,
    console, control,
    fail::{Failure, Outcome},
    folder, log, print,
};

/// The most connections of the listener for metrics.
const METRICS_CONNECTIONS: usize = 16;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4_096;
/// The bytes of answers that the system holds for one connection; Linux takes twice as many. The system's own choice
/// grows to megabytes, which thousands of clients that read slowly, or not at all, would take and keep the processor
/// busy with. At 100 ms of round trip this lets 2.6 MB a second through.
const SEND_BUFFER: u32 = 128 * 1024;

/// Serves until a signal ends it.
pub(crate) fn run(config: &Config) -> Outcome {
    let _log = log::start(config)?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if config.worker_threads > 0 {
        builder.worker_threads(config.worker_threads);
    }
    let runtime = builder.enable_all().build().map_err(|error| Failure::new(format!("no threads: {error}")))?;
    let served = runtime.block_on(serve(config));
    // Whatever still runs has had its time.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served.map(|files| files.iter().for_each(FileTables::close))
}

async fn serve(config: &Config) -> Outcome<Option<FileTables>> {
    let mut signals = Signals::new()?;
    let opened = folder::open(&config.data_dir)?;
    // Left by a crash; another program may have the port now.
    drop(fs::remove_file(opened.places.listen()));
    let files = open_files::raise();
    let listener = listen("listen", config.listen)?;
    let for_metrics = match config.metrics_listen().map_err(Failure::new)? {
        Some(address) => Some(listen("metrics_listen", address)?),
        None => None,
    };
    let address = listener.local_addr().map_err(Failure::new)?;
    let url = config.public_url(&address.to_string());
    if config.links_lead_nowhere() {
        tracing::warn!(listen = %config.listen, links = url,
            "public_url is not set, so links in mails and the issuer of tokens lead to this machine alone: set \
             public_url to the address that people use, such as https://freehold.example.com");
    }
    let composed = compose::compose(config, opened, &url).await?;
    compose::set_up(config, &composed.plane).await?;

    let composed = Arc::new(composed);
    let plane = &composed.plane;
    let (stop, stopping) = watch::channel(false);
    let resumed = plane.start().await.map_err(Failure::new)?;
    tracing::info!(resumed, %address, "started");
    tokio::spawn((**plane).clone().run_jobs());
    share_keys(&composed);
    look_for_tables(&composed);
    let control = control::listen(&composed);
    let service = plane::product::service(plane.clone(), console::console(config)?);
    let limits = limits(config, files);
    if let Some(listener) = for_metrics {
        let address = listener.local_addr().map_err(Failure::new)?;
        tracing::info!(%address, "metrics are served");
        let limits = ConnectionLimits { total: METRICS_CONNECTIONS, ..limits.clone() };
        tokio::spawn(accept(listener, plane::http::serve::metrics_service(plane.clone()), limits, stopping.clone()));
    }
    let mut server = tokio::spawn(accept(listener, service, limits, stopping));

    let places = &composed.opened.places;
    folder::write_whole(&places.listen(), format!("{address}\n").as_bytes()).map_err(Failure::new)?;
    print::serving(config, &url);
    tokio::select! {
        () = signals.next() => {}
        ended = &mut server => {
            return Err(Failure::new(format!("the server ended by itself: {ended:?}")));
        }
    }
    tokio::spawn(async move {
        signals.next().await;
        print::note("stopped at once by a second signal");
        std::process::exit(1);
    });

    tracing::info!("stopping");
    // Nothing depends on these files being gone: they say that a server runs, and another start replaces them.
    drop((fs::remove_file(places.listen()), fs::remove_file(places.control())));
    stop.send_replace(true);
    let deadline = Instant::now() + Duration::from_secs(config.shutdown_seconds);
    if timeout_at(deadline, &mut server).await.is_err() {
        tracing::warn!("requests were still under way when the time to stop was over");
    }
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
    if !plane.stop(left).await {
        tracing::warn!("steps of runs were still under way; the next start takes them up");
    }
    if let Some(control) = control {
        control.abort();
    }
    tracing::info!("stopped");
    Ok(composed.files.clone())
}

/// The limits of the API's connections.
fn limits(config: &Config, files: u64) -> ConnectionLimits {
    let total = match config.max_connections {
        0 => open_files::connections(files),
        configured => configured,
    };
    ConnectionLimits {
        total,
        per_network: config.connections_per_network,
        trusted: config.trusted_proxies.clone(),
        head: Duration::from_secs(config.head_seconds),
        idle: Duration::from_secs(config.idle_seconds),
        write: Duration::from_secs(config.write_seconds),
    }
}

/// Listens on an address. The system queues up to `BACKLOG` connections that wait to be accepted, or fewer where
/// `net.core.somaxconn` says so; beyond that it drops them, and their clients try again a second later.
fn listen(setting: &str, address: SocketAddr) -> Outcome<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let listener = socket.and_then(|socket| {
        socket.set_reuseaddr(true)?;
        // Accepted connections inherit it.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    });
    listener.map_err(|error| {
        Failure::new(format!("{address} can't be listened on: {error}"))
            .hint(format!("choose another address: --set {setting}=127.0.0.1:0 takes any free port"))
    })
}

/// Names the accounts whose own tables are gone: their requests are refused, and nothing else would say so.
fn look_for_tables(composed: &Arc<Composed>) {
    if composed.files.is_none() {
        return;
    }
    let composed = Arc::clone(composed);
    tokio::spawn(async move {
        match composed.plane.router().missing_tables().await {
            Ok(missing) => {
                for (account, table) in missing {
                    tracing::error!(account.id = %account, %table,
                        "the account's own table is missing: put tables/{table}.redb back from a backup");
                }
            }
            Err(problem) => tracing::warn!(%problem, "the tables of accounts could not be looked for"),
        }
    });
}

/// Takes over, where several processes serve, what another has done to the signing keys.
fn share_keys(composed: &Arc<Composed>) {
    if composed.plane.settings().alone {
        return;
    }
    every(Duration::from_secs(30), composed, |composed| async move {
        if let Err(error) = composed.identity.reload_shared_state().await {
            tracing::warn!(%error, "signing keys and session floor could not be reloaded");
        }
    });
}

fn every<W, F>(period: Duration, composed: &Arc<Composed>, work: W)
where
    W: Fn(Arc<Composed>) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let composed = Arc::clone(composed);
    tokio::spawn(async move {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is at once, and a start has better things to do.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            work(Arc::clone(&composed)).await;
        }
    });
}

/// The signals that end the server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Outcome<Self> {
        let listen = |kind| signal(kind).map_err(|error| Failure::new(format!("no signals: {error}")));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
