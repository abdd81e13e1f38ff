//! What costs little in an empty log must cost little in a full one.

use super::*;
use crate::support::until;
use std::time::Duration;

const COMMANDS: i64 = 200;

/// A connection plans the append once, perhaps on the first day of the log.
#[tokio::test]
async fn a_plan_that_was_made_on_an_empty_log_does_not_read_all_of_a_full_one() {
    let LogUnderTest { log, database } = LogUnderTest::start().await;
    let owner = database.connect().await;
    owner
        .batch_execute("analyze event_log.events")
        .await
        .unwrap();
    for _ in 0..COMMANDS {
        appended(log.append(command(Uuid::new_v4(), 0, 1)).await);
    }
    // The committer ends and reports what it has read.
    drop(log);
    let reads = "select t.seq_tup_read::bigint, sum(i.idx_tup_read)::bigint, min(i.idx_scan)
        from pg_stat_user_tables t join pg_stat_user_indexes i using (relid)
        where t.relname = 'events' and i.indexrelname in
            ('events_by_command', 'events_authority_stream_version_key')
        group by 1";
    let (rows, entries) = until("the counts", Duration::from_secs(20), || async {
        let row = owner.query_one(reads, &[]).await.unwrap();
        (row.get::<_, i64>(2) >= COMMANDS).then(|| (row.get::<_, i64>(0), row.get::<_, i64>(1)))
    })
    .await;
    assert!(rows < COMMANDS, "{rows} rows were read one after the other");
    assert!(entries < 2 * COMMANDS, "{entries} index entries were read");
}
