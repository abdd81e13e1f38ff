//! Nobody changes what is written, and the log does not start where it could not keep its word.

use super::*;
use rfa::log::connect::ConnectError;
use tokio_postgres::error::SqlState;

const WRITES: [&str; 10] = [
    "update event_log.events set actor = 'x'",
    "update event_log.events set actor = 'x' where false",
    "delete from event_log.events",
    "truncate event_log.events",
    "update event_log.appends set link = ''",
    "delete from event_log.appends",
    "truncate event_log.appends",
    "truncate event_log.events, event_log.appends",
    "insert into event_log.appends values (2, 2, now(), '')",
    "insert into event_log.events select (e).* from (select e from event_log.events e) as x",
];

#[tokio::test]
async fn the_application_cannot_write_past_the_function() {
    let under_test = LogUnderTest::start().await;
    appended(under_test.log.append(command(Uuid::new_v4(), 0, 1)).await);
    let application = under_test.log.pool().get().await.unwrap();
    let more = [
        "update event_log.meta set epoch = gen_random_uuid()",
        "alter table event_log.events disable trigger all",
        "set session_replication_role = replica",
        "drop schema event_log cascade",
        "create table event_log.mine (id int)",
        "create or replace function event_log.refuse() returns trigger language plpgsql
            as $$ begin return null; end $$",
    ];
    for statement in WRITES.iter().chain(&more) {
        let error = application.batch_execute(statement).await.unwrap_err();
        assert_eq!(
            error.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{statement}: {error:?}"
        );
    }
    assert_eq!(under_test.head().await, 1);
}

#[tokio::test]
async fn the_owner_runs_into_the_second_fence() {
    let under_test = LogUnderTest::start().await;
    appended(under_test.log.append(command(Uuid::new_v4(), 0, 1)).await);
    for statement in WRITES.iter().filter(|write| !write.starts_with("insert")) {
        let error = under_test.as_owner(statement).await.unwrap_err();
        let message = error.as_db_error().unwrap().message().to_owned();
        assert!(message.contains("append-only"), "{statement}: {message}");
    }
}

#[tokio::test]
async fn a_log_that_could_lose_what_it_acknowledged_is_refused() {
    let database = Postgres::database().await;
    let name = database.url.rsplit('/').next().unwrap();
    let owner = database.connect().await;
    let lower = format!("alter database {name} set synchronous_commit = off");
    owner.batch_execute(&lower).await.unwrap();
    let refused = Log::connect(&config(&database.url, 10)).await.err();
    assert!(
        matches!(&refused, Some(ConnectError::Setting { name: "synchronous_commit", found, .. }) if found == "off"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_database_without_a_log_says_what_to_run() {
    let database = Postgres::database().await;
    let owner = database.connect().await;
    owner
        .batch_execute("drop schema event_log cascade")
        .await
        .unwrap();
    let refused = Log::connect(&config(&database.url, 10)).await.err();
    assert!(
        matches!(refused, Some(ConnectError::NotMigrated)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_writer_from_before_a_restore_is_refused() {
    let under_test = LogUnderTest::start().await;
    appended(under_test.log.append(command(Uuid::new_v4(), 0, 1)).await);
    let restored = "update event_log.meta set epoch = gen_random_uuid()";
    under_test.as_owner(restored).await.unwrap();
    let late = command(Uuid::new_v4(), 0, 1);
    let verdict = under_test.log.append(late.clone()).await;
    assert!(
        matches!(verdict, Err(AppendError::Unavailable)),
        "{verdict:?}"
    );
    assert_eq!(under_test.head().await, 1);

    let started_anew = replica(&under_test.database.url, 10).await;
    assert_ne!(started_anew.epoch(), under_test.log.epoch());
    appended(started_anew.append(late).await);
}
