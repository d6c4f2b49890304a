//! Room on this machine for those who ask hundreds of times at once.

use tokio::sync::{Mutex, MutexGuard};

static ROOM: Mutex<()> = Mutex::const_new(());

/// One crowd at a time, for as long as this is held: two would keep each other from an answer in time, which says nothing of
/// the product.
pub async fn crowd() -> MutexGuard<'static, ()> {
    ROOM.lock().await
}
