//! Calls that the controller makes by itself.

use std::time::{Duration, SystemTime};

use daffi::{
    CallError, Global, Overlap, Period, PeriodCall, ScheduledTask, ScheduledTaskInfo, TaskState, fetcher,
};

#[fetcher]
async fn refresh();

#[fetcher(alias = "refresh", every = "1m24s")]
async fn refresh_often();

#[fetcher(alias = "refresh", cron = "0 3 * * *", tz = "Europe/Kyiv")]
async fn refresh_at_night();

async fn scheduled(g: &Global) -> Result<(), CallError> {
    let task: ScheduledTask = refresh().period(Period::every(Duration::from_secs(5))).await?;
    let _ = task.id();
    task.pause().await?;
    task.resume().await?;
    task.trigger().await?;
    let described = task.describe().await?;
    let _ = (described.next.len(), described.last.len());
    task.cancel().await?;

    let (t1, t2) = (
        SystemTime::now() + Duration::from_secs(60),
        SystemTime::now() + Duration::from_secs(120),
    );
    refresh().period(Period::at([t1, t2])).await?;
    let nightly = Period::cron("0 3 * * *", "Europe/Kyiv")
        .named("nightly")
        .jitter(Duration::from_secs(60))
        .overlap(Overlap::Skip)
        .while_connected();
    refresh().period(nightly).await?;
    drop::<PeriodCall>(refresh_often());
    refresh_often().await?.cancel().await?;
    refresh_at_night().await?;

    let tasks: Vec<ScheduledTaskInfo> = g.scheduled_tasks().await?;
    for task in tasks {
        let _ = (&task.callback, &task.process, &task.period, &task.next);
        if task.state != TaskState::Ended {
            g.cancel_scheduled_task(task.id).await?;
        }
    }
    refresh()
        .after(Duration::from_secs(3600))
        .durable()
        .send()
        .await?;
    Ok(())
}

#[tokio::test]
async fn schedules_are_made_listed_and_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let g = Global::builder()
        .init_controller(true)
        .in_memory()
        .data_dir(folder.path())
        .start()
        .await
        .unwrap();
    g.scope(scheduled(&g)).await.unwrap();
    let left = g.scheduled_tasks().await.unwrap();
    assert_eq!(
        left.iter().filter(|task| task.state != TaskState::Ended).count(),
        1
    );
    g.stop().await;
}
