using DelphiRunner.Contracts;
using DelphiRunner.Engine.Tests.Plugins;

namespace DelphiRunner.Engine.Tests.Structure;

public sealed class ContractsTests
{
    [Test]
    public void The_public_surface_of_the_contracts_changes_only_on_purpose()
    {
        var approved = Repository.File("tests", "Engine.Tests", "Structure", "Contracts.approved.txt");
        var received = Path.Combine(TestContext.CurrentContext.WorkDirectory, "Contracts.received.txt");
        var surface = PublicSurface.Of(typeof(IJobHandler).Assembly);
        File.WriteAllText(received, surface);

        Assert.That(surface, Is.EqualTo(File.ReadAllText(approved).ReplaceLineEndings("\n")),
            $"The public surface has changed. Plugins built against version 1 must go on to load: add, but neither change nor remove, nor add a required " +
            $"member or an abstract one. If the change is on purpose, raise the contracts' Version and copy '{received}' over '{approved}'.");
    }

    [Test]
    public void The_assembly_version_stands_for_the_major_version_alone()
    {
        var version = typeof(IJobHandler).Assembly.GetName().Version!;

        Assert.That(version, Is.EqualTo(new Version(version.Major, 0, 0, 0)), "The loader compares this number; a plugin built against any 1.x is to load.");
    }

    [Test]
    public void A_plan_cannot_be_changed_once_it_is_made() =>
        Assert.That(typeof(JobPlan).GetProperties().Where(property => property.CanWrite), Is.Empty);
}
