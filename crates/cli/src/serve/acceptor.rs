//! Accepts connections and serves HTTP/1.1 on them, within limits of time and number.

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    http::{HeaderValue, Request, Version, header},
    response::Response,
};
use futures::StreamExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use plane::http::serve::NeedsHost;
use rustix::io::Errno;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};
use tower::ServiceExt as _;

use super::{
    connections::{Connection, ConnectionLimits, ConnectionSlot, Connections, Phase},
    stream::Stream,
};

/// The most bytes of a request's head, and of each connection's read and write buffers.
const MAX_HEAD: usize = 32 * 1024;
/// How often connections with a passed deadline are looked for.
const SWEEP: Duration = Duration::from_millis(250);
/// How long accepting pauses when the system has no more files to give.
const PAUSE: Duration = Duration::from_millis(20);

/// Serves until `stopping` is set, then until the requests under way have been answered.
pub(super) async fn accept(
    listener: TcpListener,
    service: Router,
    limits: ConnectionLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let connections = Connections::new(limits);
    // Each connection holds a receiver: the sender sees when the last one is gone.
    let (all_gone, open) = watch::channel(());
    let mut sweeps = interval(SWEEP);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ending = stopping.clone();
    let mut stopped = pin!(async move {
        // An error means that the sender is gone, which is also the end.
        drop(stopping.wait_for(|stopping| *stopping).await);
    });
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => break,
            _ = sweeps.tick() => connections.sweep(),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    begin(&connections, stream, peer, &service, &ending, &open);
                }
                Err(error) => refused_by_the_system(&connections, &error).await,
            },
        }
    }
    drop((listener, open));
    loop {
        tokio::select! {
            () = all_gone.closed() => return,
            _ = sweeps.tick() => connections.sweep(),
        }
    }
}

fn begin(
    connections: &Arc<Connections>,
    stream: TcpStream,
    peer: SocketAddr,
    service: &Router,
    ending: &watch::Receiver<bool>,
    open: &watch::Receiver<()>,
) {
    let Some(place) = connections.admit(peer.ip()) else {
        tracing::debug!(%peer, "a connection was refused: all places are taken");
        refuse(&stream);
        return;
    };
    let (service, ending, open) = (service.clone(), ending.clone(), open.clone());
    tokio::spawn(async move {
        serve(stream, peer, place, service, ending).await;
        drop(open);
    });
}

/// Tells the client, if its socket takes it at once, that there is no room.
fn refuse(stream: &TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
        connection: close\r\nretry-after: 1\r\ncontent-length: 118\r\n\r\n\
        {\"type\":\"about:blank\",\"title\":\"Too many connections\",\"status\":503,\"code\":\"unavailable\",\
        \"detail\":\"try again in a moment\"}";
    drop(stream.try_write(ANSWER));
}

/// The system could not accept: for lack of files, room is made; other errors concern one connection, or pass.
async fn refused_by_the_system(connections: &Connections, error: &io::Error) {
    let out_of_files = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    if out_of_files.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error())) {
        let made_room = connections.make_room();
        tracing::warn!(%error, made_room, "a connection could not be accepted");
        sleep(PAUSE).await;
    } else {
        tracing::debug!(%error, "a connection could not be accepted");
        tokio::task::yield_now().await;
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    place: ConnectionSlot,
    service: Router,
    mut ending: watch::Receiver<bool>,
) {
    // Answers are small: waiting for more to send would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's delay");
    }
    let connection = &place.connection;
    let stopping = ending.clone();
    let answer = service_fn(|request: Request<Incoming>| {
        let (service, stopping, connection) = (service.clone(), stopping.clone(), Arc::clone(connection));
        async move {
            connection.enter(Phase::Busy);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            if request.version() == Version::HTTP_11 {
                request.extensions_mut().insert(NeedsHost);
            }
            let response = service.oneshot(request).await?;
            let response = end_streams(&stopping, response);
            Ok::<_, std::convert::Infallible>(response.map(|body| Answering { body, connection }))
        }
    });
    let io = TokioIo::new(Stream::new(stream, Arc::clone(connection)));
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD);
    let mut serving = pin!(builder.serve_connection(io, answer));
    let mut graceful = false;
    loop {
        tokio::select! {
            ended = &mut serving => {
                if let Err(error) = ended {
                    tracing::debug!(%error, %peer, "a connection ended with an error");
                }
                return;
            }
            () = connection.closed() => {
                tracing::debug!(%peer, phase = ?connection.phase(), "a connection was closed: its time was over, or its place was needed");
                return;
            }
            _ = ending.wait_for(|ending| *ending), if !graceful => {
                graceful = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Ends streams of events when the server stops; their clients resume them. They would otherwise last as long as their runs.
fn end_streams(stopping: &watch::Receiver<bool>, response: Response) -> Response {
    if response.headers().get(header::CONTENT_TYPE) != Some(&HeaderValue::from_static("text/event-stream")) {
        return response;
    }
    let mut stopping = stopping.clone();
    let stopped = Box::pin(async move { drop(stopping.wait_for(|stopping| *stopping).await) });
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(stopped)))
}

/// The body of an answer. When it has been sent, the connection waits for its next request.
struct Answering {
    body: Body,
    connection: Arc<Connection>,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.connection.enter(Phase::Idle);
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
