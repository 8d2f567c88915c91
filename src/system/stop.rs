//! Waits until the user or the system asks the program to end: Ctrl-C, and on Unix also `SIGTERM` and `SIGHUP`.

/// Returns when the program is asked to end; needs a tokio runtime.
pub async fn asked() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut terminated), Ok(mut hung_up)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::hangup()),
        ) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
                _ = hung_up.recv() => {}
            }
            return;
        }
    }
    // Where signals cannot be caught they end the process themselves.
    if interrupted.await.is_err() {
        std::future::pending::<()>().await;
    }
}
