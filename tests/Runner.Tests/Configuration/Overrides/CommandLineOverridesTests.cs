using DelphiRunner.Runner.Configuration;
using DelphiRunner.Runner.Configuration.Overrides;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Runner.Tests.Configuration.Overrides;

public sealed class CommandLineOverridesTests
{
    [Test]
    public void Options_overrule_the_environment()
    {
        using var folder = new ConfigurationFolder("store: { kind: dynamodb }\nplugins: { folder: plugins }\n");

        var configuration = folder.Load(
            ["DYNAMODB_ENDPOINT=http://environment", "AWS_REGION=environment", "POLL_INTERVAL=7", "DELPHI_MAX_WORKERS=6", "LOG_LEVEL=ERROR"],
            new CommandLineOverrides { EndpointUrl = "http://option", Region = "option", Interval = "3", MaxWorkers = "5", LogLevel = "DEBUG" });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(configuration.Store.Endpoint, Is.EqualTo("http://option"));
            Assert.That(configuration.Store.Region, Is.EqualTo("option"));
            Assert.That(configuration.Polling.Interval, Is.EqualTo(TimeSpan.FromSeconds(3)));
            Assert.That(configuration.Serving.Slots, Is.EqualTo(5));
            Assert.That(configuration.Logging.Level, Is.EqualTo(LogLevel.Debug));
        }
    }

    [Test]
    public void An_option_that_does_not_fit_is_reported_by_its_name()
    {
        using var folder = new ConfigurationFolder();

        var problems = folder.Problems(null, new CommandLineOverrides { EndpointUrl = "http://x", Interval = "0", MaxWorkers = "all", LogLevel = "" });

        Assert.That(
            problems.Select(problem => (problem.Place.Source, problem.Key)),
            Is.EquivalentTo(new[]
            {
                ("option --endpoint-url", "store.endpoint"), ("option --interval", "polling.interval"), ("option --max-workers", "slots"),
                ("option --log-level", "logging.level"),
            }));
    }
}
