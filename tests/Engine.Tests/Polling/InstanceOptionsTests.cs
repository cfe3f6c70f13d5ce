using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class InstanceOptionsTests
{
    [TestCase(null, InstanceRule.Strict, true, true)]
    [TestCase("large", InstanceRule.Strict, false, true)]
    [TestCase("small", InstanceRule.Strict, true, false)]
    [TestCase("default", InstanceRule.Strict, true, false)]
    [TestCase("xlarge", InstanceRule.Strict, true, false)]
    [TestCase("dev", InstanceRule.Strict, true, true)]
    [TestCase(null, InstanceRule.LargeOnly, true, true)]
    [TestCase("large", InstanceRule.LargeOnly, false, true)]
    [TestCase("small", InstanceRule.LargeOnly, true, true)]
    [TestCase("default", InstanceRule.LargeOnly, true, true)]
    [TestCase("xlarge", InstanceRule.LargeOnly, true, true)]
    [TestCase("dev", InstanceRule.LargeOnly, true, true)]
    public void Each_rule_says_which_sizes_an_instance_takes(string? size, InstanceRule rule, bool normal, bool large)
    {
        var instance = new InstanceOptions { Size = size, Rule = rule };

        Assert.That((instance.Takes(JobSize.Normal), instance.Takes(JobSize.Large)), Is.EqualTo((normal, large)));
        Assert.That(instance.TakesAll, Is.EqualTo(normal && large));
    }
}
