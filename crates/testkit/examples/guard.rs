//! What the guard costs: the guarded read of a page of users against the same read on a route without a guard, over
//! real sockets in one process; and the guard alone. Prints one JSON object.

use std::{net::SocketAddr, time::Instant};

use axum::{extract::State, response::Response, routing::get};
use plane::{
    guard::{Granted, actions::UserRead},
    http::extract::{Extract as _, IncomingRequest},
    page::PageQuery,
    plane::Plane,
};
use testkit::world::World;

const USERS: usize = 50;
const ROUNDS: usize = 5;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime can be made").block_on(measure());
}

async fn measure() {
    let world = World::new().await;
    let tenant = world.tenant("Bench", "public", 100).await;
    let operator = world.operator().await;
    for number in 1..USERS {
        let user = serde_json::json!({
            "accountId": tenant.id, "enterpriseId": tenant.offer.enterprise, "productId": tenant.offer.product,
            "serviceId": tenant.offer.service, "firstName": "Grace", "lastName": "Hopper",
            "email": format!("user{number}@bench.example"), "startDate": world.today(),
        });
        operator.post("/api/users", user).await.expect(201);
    }
    let token = tenant.technical.token.clone().expect("the technical user is signed in");
    // The unguarded route asks for the same rows, through a proof that was made once.
    let who: Granted<UserRead> = Granted::take(&mut call(&world.plane, &token)).await.expect("the user may read users");
    let rows = world.plane.rows(&who);
    let open = get(move |State(()): State<()>| {
        let rows = rows.clone();
        async move { page(&rows).await }
    });
    let service = world.service().route("/open/users", open.with_state(()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(
        async move { axum::serve(listener, service.into_make_service_with_connect_info::<SocketAddr>()).await },
    );

    let mut ratios: Vec<f64> = Vec::new();
    for _ in 0..ROUNDS {
        let guarded = wrk(format!("http://{address}/api/users?limit=50"), token.clone()).await;
        let unguarded = wrk(format!("http://{address}/open/users"), token.clone()).await;
        ratios.push(guarded / unguarded);
    }
    ratios.sort_by(f64::total_cmp);
    let micros = guard_alone(&world.plane, &token).await;
    println!("{}", serde_json::json!({ "ratio": ratios[ROUNDS / 2], "guardP99Micros": micros }));
}

async fn page(rows: &plane::rows::Rows) -> Response {
    use plane::http::answer::Answer as _;
    rows.page::<plane::features::users::model::User>(&PageQuery::default())
        .await
        .expect("memory answers")
        .into_response()
}

/// Requests a second.
async fn wrk(url: String, token: String) -> f64 {
    let run = move || {
        let header = format!("Authorization: Bearer {token}");
        let output = std::process::Command::new("wrk").args(["-t1", "-c16", "-d2s", "-H", &header, &url]).output();
        let text =
            String::from_utf8(output.expect("wrk is installed by `make setup`").stdout).expect("wrk prints text");
        assert!(!text.contains("Non-2xx"), "{text}");
        let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")).expect("wrk ends with a rate");
        line.trim().parse().expect("a rate is a number")
    };
    tokio::task::spawn_blocking(run).await.expect("wrk ran")
}

/// The 99th percentile in microseconds of taking the guard, with a token that was verified and a policy that was
/// asked before.
async fn guard_alone(plane: &Plane, token: &str) -> f64 {
    let mut times = Vec::with_capacity(100_000);
    for _ in 0..100_000 {
        let mut call = call(plane, token);
        let begun = Instant::now();
        let _: Granted<UserRead> = Granted::take(&mut call).await.expect("the user may read users");
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times[times.len() * 99 / 100].as_secs_f64() * 1e6
}

fn call(plane: &Plane, token: &str) -> IncomingRequest {
    let request = axum::http::Request::get("/api/users?limit=50").header("authorization", format!("Bearer {token}"));
    let (parts, ()) = request.body(()).expect("a plain request").into_parts();
    IncomingRequest::without_body(plane.clone(), parts, "bench".into(), [127, 0, 0, 1].into())
}
