//! A function that dies in the middle of its work: at one of its calls, everything it was about to do is gone.
//!
//! What a function has done is what it has called: between two calls nothing of it shows. So a death before and
//! after each call is a death at every await.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use latchkey::{http::Route, runtime::Function};
use tokio::sync::watch;

/// On which side of a call a function dies: before it does anything, or once it has been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// The life of all functions of a house.
#[derive(Default)]
pub struct Life {
    state: Mutex<State>,
    dead: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    calls: usize,
    end: Option<(usize, Side)>,
}

impl Life {
    pub(crate) fn is_to_end(&self, call: usize, side: Side) {
        self.dead.send_replace(false);
        *self.state.lock().unwrap() = State { calls: 0, end: Some((call, side)) };
    }

    pub(crate) fn begin(&self) -> bool {
        *self.state.lock().unwrap() = State::default();
        self.dead.send_replace(false)
    }

    /// Counts a call. On which side of it the caller is dead.
    pub(crate) fn call(&self) -> Option<Side> {
        let mut state = self.state.lock().unwrap();
        let call = state.calls;
        state.calls += 1;
        match state.end {
            _ if *self.dead.borrow() => Some(Side::Before),
            Some((end, Side::Before)) if end == call => {
                self.end();
                Some(Side::Before)
            }
            Some((end, Side::After)) if end == call => Some(Side::After),
            _ => None,
        }
    }

    pub(crate) fn end(&self) {
        self.dead.send_replace(true);
    }
}

/// A function with this life.
pub(crate) struct Mortal {
    pub(crate) function: Arc<dyn Function>,
    pub(crate) life: Arc<Life>,
}

#[async_trait]
impl Function for Mortal {
    fn name(&self) -> &'static str {
        self.function.name()
    }

    fn routes(&self) -> &'static [Route] {
        self.function.routes()
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let mut dead = self.life.dead.subscribe();
        tokio::select! {
            biased;
            _ = dead.wait_for(|dead| *dead) => Err("killed".to_owned()),
            answer = self.function.invoke(event) => answer,
        }
    }
}
