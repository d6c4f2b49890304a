//! Listening, and ending what listens.

use std::{future::Future, net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// How long open requests may take to finish once the stack is to end.
const GRACE: Duration = Duration::from_secs(2);

/// Listens on `address`.
///
/// # Errors
/// When it cannot: the message names the part, the address and the option that moves it.
pub async fn listen(part: &str, option: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("the {part} cannot listen on {address} (move it with {option})"))
}

/// What runs until the stack ends. Dropped, it ends at once.
pub struct Tasks {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Tasks {
    pub fn new() -> Self {
        Self { stop: watch::Sender::new(false), running: JoinSet::new() }
    }

    /// Resolves once the stack is to end.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // An error says that the stack is gone, which is an end as well.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    /// Runs `task`, which ends by itself after [`stopping`](Self::stopping).
    pub fn run(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(task);
    }

    /// Runs `tick` again and again, `pause` after the last ended, until the stack ends.
    pub fn repeat<F, T>(&mut self, pause: Duration, mut tick: F)
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = ()> + Send,
    {
        let stopping = self.stopping();
        self.run(async move {
            tokio::pin!(stopping);
            loop {
                tokio::select! {
                    () = &mut stopping => return,
                    () = tokio::time::sleep(pause) => tick().await,
                }
            }
        });
    }

    /// Ends everything: what is under way may finish, for a moment.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("something was still under way at the end");
        }
    }
}
