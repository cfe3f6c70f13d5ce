using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Tests.Configuration.Yaml;

public sealed class NearestKeyTests
{
    private static readonly string[] Known = ["store", "state", "slots", "serve", "polling", "job_types", "known_job_types"];

    [TestCase("slot", "slots")]
    [TestCase("Slots", "slots")]
    [TestCase("sltos", "slots")]
    [TestCase("stroe", "store")]
    [TestCase("poling", "polling")]
    [TestCase("jobtypes", "job_types")]
    [TestCase("job-types", "job_types")]
    [TestCase("know_job_type", "known_job_types")]
    public void A_slip_finds_the_key_that_was_meant(string unknown, string expected)
    {
        Assert.That(NearestKey.Find(unknown, Known), Is.EqualTo(expected));
    }

    [TestCase("retention")]
    [TestCase("http")]
    [TestCase("")]
    public void A_word_that_is_like_none_finds_none(string unknown)
    {
        Assert.That(NearestKey.Find(unknown, Known), Is.Null);
    }

    [Test]
    public void Without_known_keys_there_is_none()
    {
        Assert.That(NearestKey.Find("x", []), Is.Null);
    }
}
