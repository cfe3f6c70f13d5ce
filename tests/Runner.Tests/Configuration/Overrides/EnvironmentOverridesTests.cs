using System.Text.Json;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Runner.Configuration;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Runner.Tests.Configuration.Overrides;

public sealed class EnvironmentOverridesTests
{
    private const string DynamoDb = "store: { kind: dynamodb, endpoint: http://file, region: file }\nplugins: { folder: plugins }\n";

    [Test]
    public void Each_known_variable_overrules_the_file()
    {
        using var folder = new ConfigurationFolder(DynamoDb + """
            slots: 2
            polling: { interval: 9s }
            execution: { time_limit: 9m, last_lines: 99 }
            logging: { level: Error }
            """);

        var configuration = folder.Load(
        [
            "DYNAMODB_ENDPOINT=http://environment", "AWS_REGION=eu-north-1", "DELPHI_POLLING_INTERVAL=0.5", "POLL_INTERVAL=7", "DELPHI_MAX_WORKERS=6",
            "DELPHI_DEFAULT_TIMEOUT=3600", "DELPHI_MAX_OUTPUT_LINES=500", "LOG_LEVEL=INFO",
        ]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(configuration.Store.Endpoint, Is.EqualTo("http://environment"));
            Assert.That(configuration.Store.Region, Is.EqualTo("eu-north-1"));
            Assert.That(configuration.Polling.Interval, Is.EqualTo(TimeSpan.FromMilliseconds(500)));
            Assert.That(configuration.Serving.Slots, Is.EqualTo(6));
            Assert.That(configuration.Execution.TimeLimit, Is.EqualTo(TimeSpan.FromHours(1)));
            Assert.That(configuration.Execution.LastLines, Is.EqualTo(500));
            Assert.That(configuration.Logging.Level, Is.EqualTo(LogLevel.Information));
            Assert.That(configuration.Places["slots"], Is.EqualTo(new ConfigurationPlace("environment variable DELPHI_MAX_WORKERS")));
        }
    }

    [Test]
    public void The_older_interval_counts_where_the_newer_is_not_set()
    {
        using var folder = new ConfigurationFolder();

        Assert.That(folder.Load(["POLL_INTERVAL=7", "DELPHI_POLLING_INTERVAL= "]).Polling.Interval, Is.EqualTo(TimeSpan.FromSeconds(7)));
    }

    [Test]
    public void A_blank_variable_counts_as_not_set()
    {
        using var folder = new ConfigurationFolder();

        var configuration = folder.Load(["DYNAMODB_ENDPOINT=", "DELPHI_MAX_WORKERS=  ", "LOG_LEVEL=", "DELPHI_APP_PATH=", "INSTANCE_SIZE= "]);

        Assert.That(configuration.Places.Values.Where(place => place.Line is null), Is.Empty);
        Assert.That(configuration.Notices, Is.Empty);
    }

    [TestCase("DEBUG", LogLevel.Debug)]
    [TestCase("INFO", LogLevel.Information)]
    [TestCase("warning", LogLevel.Warning)]
    [TestCase("ERROR", LogLevel.Error)]
    [TestCase("CRITICAL", LogLevel.Critical)]
    [TestCase("Trace", LogLevel.Trace)]
    public void Level_names_of_Python_are_understood(string name, LogLevel expected)
    {
        using var folder = new ConfigurationFolder();

        Assert.That(folder.Load([$"LOG_LEVEL={name}"]).Logging.Level, Is.EqualTo(expected));
    }

    [Test]
    public void Variables_for_scripts_reach_the_settings_of_the_Delphi_plugin_and_leave_the_others()
    {
        using var folder = new ConfigurationFolder(ConfigurationFolder.Least.Replace("plugins }", "plugins, settings: { Delphi: { bucket: b, commands: { full_pipeline: [x] } } } }"));

        var configuration = folder.Load(
        [
            "DELPHI_APP_PATH=/app", "DELPHI_RUN_SCRIPT=/app/run.py", "DELPHI_NARRATIVE_BATCH_SCRIPT=/app/801.py", "DELPHI_BATCH_STATUS_SCRIPT=/app/803.py",
            "DELPHI_DEFAULT_MODEL=m", "DELPHI_DEFAULT_BATCH_SIZE=20",
        ]);

        using var settings = JsonDocument.Parse(configuration.Plugins.Settings["Delphi"]);
        using var expected = JsonDocument.Parse("""
            {
              "bucket": "b", "app_path": "/app", "model": "m", "max_batch_size": 20,
              "commands": {
                "full_pipeline": ["python", "/app/run.py"],
                "create_narrative_batch": ["python", "/app/801.py"],
                "check_narrative_batch": ["python", "/app/803.py"]
              }
            }
            """);
        Assert.That(JsonElement.DeepEquals(settings.RootElement, expected.RootElement), Is.True, configuration.Plugins.Settings["Delphi"]);
    }

    [Test]
    public void Settings_that_no_variable_touches_stay_as_they_were_written()
    {
        using var folder = new ConfigurationFolder(ConfigurationFolder.Least.Replace("plugins }", "plugins, settings: { Delphi: { n: 1.50 } } }"));

        Assert.That(folder.Load(["AWS_REGION=us-east-1"]).Plugins.Settings["Delphi"], Is.EqualTo("""{"n":1.50}"""));
    }

    [TestCase("DELPHI_MAX_WORKERS=none", "slots", "a whole number from 1 to 1024, and has 'none'")]
    [TestCase("DELPHI_MAX_WORKERS=0", "slots", "has '0'")]
    [TestCase("POLL_INTERVAL=2s", "polling.interval", "seconds from 0.01 to 3600, as a plain number, and has '2s'")]
    [TestCase("DELPHI_DEFAULT_TIMEOUT=-1", "execution.time_limit", "has '-1'")]
    [TestCase("DELPHI_MAX_OUTPUT_LINES=1", "execution.last_lines", "from 10 to 100000")]
    [TestCase("LOG_LEVEL=loud", "logging.level", "has 'loud'")]
    [TestCase("DELPHI_DEFAULT_BATCH_SIZE=big", "plugins.settings.Delphi.max_batch_size", "has 'big'")]
    [TestCase("DYNAMODB_ENDPOINT=http://x", "store.endpoint", "An endpoint is set to 'http://x'. A SQLite store has none")]
    public void A_variable_that_does_not_fit_is_reported_by_its_name(string variable, string key, string message)
    {
        using var folder = new ConfigurationFolder();

        var problem = folder.Problems([variable]).Single();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(problem.Place, Is.EqualTo(new ConfigurationPlace($"environment variable {variable.Split('=')[0]}")));
            Assert.That(problem.Key, Is.EqualTo(key));
            Assert.That(problem.Message, Does.Contain(message));
        }
    }

    [Test]
    public void A_region_alone_does_not_disturb_a_SQLite_store()
    {
        using var folder = new ConfigurationFolder();

        Assert.That(folder.Problems(["AWS_REGION=us-east-1"]), Is.Empty);
    }

    [TestCase("large", "large")]
    [TestCase(" Small ", "small")]
    [TestCase("DEV", "dev")]
    public void An_instance_size_overrules_the_file_and_leaves_its_rule(string written, string size)
    {
        using var folder = new ConfigurationFolder(ConfigurationFolder.Least + "instance: { size: default, rule: large_only }\n");

        var configuration = folder.Load([$"INSTANCE_SIZE={written}"]);

        Assert.That(configuration.Instance, Is.EqualTo(new InstanceOptions { Size = size, Rule = InstanceRule.LargeOnly }));
        Assert.That(configuration.Notices, Is.Empty);
        Assert.That(configuration.Places["instance.size"], Is.EqualTo(new ConfigurationPlace("environment variable INSTANCE_SIZE")));
    }

    [Test]
    public void An_unknown_instance_size_counts_as_a_default_one_and_is_told()
    {
        using var folder = new ConfigurationFolder();

        var configuration = folder.Load(["INSTANCE_SIZE=xlarge"]);

        Assert.That(configuration.Instance.Size, Is.EqualTo("xlarge"));
        Assert.That(configuration.Notices.Single(), Does.StartWith("instance.size is 'xlarge', which no rule knows: this host takes what a 'default' one does."));
    }

    [Test]
    public void Fewer_slots_for_one_run_do_not_clash_with_the_limit_of_a_job_type()
    {
        using var folder = new ConfigurationFolder(ConfigurationFolder.Least + "job_types: { A: { slots: 3 } }\n");

        Assert.That(folder.Load(["DELPHI_MAX_WORKERS=1"]).Serving.Slots, Is.EqualTo(1));
    }
}
