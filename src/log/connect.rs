//! Connections, settings that the promises depend on, the application's role.

/// Where the log is and how hard it may be used.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// `DATABASE_URL`
    pub database_url: String,
    /// Commands waiting in the committer's queue, at most.
    pub queue_commands_max: usize,
    /// Read connections, at most.
    pub pool_max: usize,
}
