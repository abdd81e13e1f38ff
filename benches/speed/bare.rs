//! The least that a durable command over HTTP can be: one handler, one INSERT of the body, one commit.
//! In a process of its own, as the program is.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use rfa::log::connect::pool;

pub(crate) const URL: &str = "RFA_BENCH_BARE_URL";
pub(crate) const ADDRESS: &str = "RFA_BENCH_BARE_ADDRESS";
const POOL_MAX: usize = 32;

pub(crate) async fn serve(url: &str) {
    let owner = super::connect(url).await;
    let table = "create table if not exists bare (id bigserial primary key, body bytea not null);
        grant all on bare, bare_id_seq to rfa_app";
    owner.batch_execute(table).await.unwrap();
    let router = Router::new()
        .route("/", post(insert).get(async || "ready"))
        .with_state(pool(url, POOL_MAX).unwrap());
    let address = std::env::var(ADDRESS).unwrap();
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

async fn insert(State(pool): State<deadpool_postgres::Pool>, body: Bytes) -> String {
    let client = pool.get().await.unwrap();
    let insert = "insert into bare (body) values ($1) returning id";
    let insert = client.prepare_cached(insert).await.unwrap();
    let row = client.query_one(&insert, &[&&*body]).await.unwrap();
    row.get::<_, i64>(0).to_string()
}
