using System.Runtime.Versioning;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Tests.Security;

[TestFixture]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
public sealed class ProgramPolicyTests
{
    private string _folder = null!;

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("delphi-programs-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_named_program_is_found_on_the_path()
    {
        var tool = Program("bin/tool");

        var command = Requests.Approve(For("tool"), host: Path("bin")).Command;

        Assert.That(command.Program, Is.EqualTo(tool));
    }

    [Test]
    public void The_path_is_searched_in_its_order_for_what_can_be_executed()
    {
        File.WriteAllText(Program("a/tool"), string.Empty);
        File.SetUnixFileMode(System.IO.Path.Combine(_folder, "a/tool"), UnixFileMode.UserRead);
        var second = Program("b/tool");
        Program("c/tool");

        Assert.That(Requests.Approve(For("tool"), host: Path("none", "a", "b", "c")).Command.Program, Is.EqualTo(second));
    }

    [Test]
    public void A_program_that_nobody_named_is_denied()
    {
        var tool = Program("bin/tool");

        var denial = Requests.Denial(For(tool) with { NamedPrograms = new HashSet<string> { "other", "/bin/true", "us-east-1" } });

        Assert.That(denial?.Subject, Is.EqualTo(tool));
        Assert.That(denial?.Message, Is.EqualTo(
            $"Program '{tool}' is named neither in the plugin's settings nor by its handler. Name it there, or list it under 'security.programs'."));
    }

    [Test]
    public void The_operators_list_overrules_what_plugins_name()
    {
        var tool = Program("bin/tool");

        Assert.That(Requests.Denial(For(tool), new SecurityOptions { Programs = ["/bin/true"] })?.Message, Does.Contain("is not listed under 'security.programs'"));
        Assert.That(Requests.Denial(For(tool), new SecurityOptions { Programs = [] })?.Message, Does.Contain("'security.programs' is empty, which denies all programs"));
        Assert.That(Requests.Denial(For(tool), new SecurityOptions { Programs = [tool] }), Is.Null);
    }

    [Test]
    public void A_name_and_its_absolute_path_are_the_same_program()
    {
        var tool = Program("bin/tool");

        Assert.That(Requests.Denial(For(tool) with { NamedPrograms = Names("tool") }, host: Path("bin")), Is.Null);
        Assert.That(Requests.Denial(For("tool") with { NamedPrograms = Names(tool) }, host: Path("bin")), Is.Null);
    }

    [Test]
    public void A_name_stands_for_the_first_of_the_path_only()
    {
        Program("bin/tool");
        var other = Program("elsewhere/tool");

        Assert.That(Requests.Denial(For(other) with { NamedPrograms = Names("tool") }, host: Path("bin", "elsewhere")), Is.Not.Null);
    }

    [Test]
    public void Links_are_followed_to_the_named_program()
    {
        var tool = Program("real/tool");
        Directory.CreateSymbolicLink(System.IO.Path.Combine(_folder, "linked"), System.IO.Path.Combine(_folder, "real"));
        var link = Link("alias", "linked/tool");

        var command = Requests.Approve(For(link) with { NamedPrograms = Names(tool) }).Command;

        Assert.That(command.Program, Is.EqualTo(link), "a program may look at the name that it was started by");
        Assert.That(command.ProgramFile, Is.EqualTo(tool));
        Assert.That(Requests.Denial(For(tool) with { NamedPrograms = Names(System.IO.Path.Combine(_folder, "linked/tool")) }), Is.Null);
    }

    [Test]
    public void A_link_with_a_named_programs_name_is_not_that_program()
    {
        Program("bin/tool");
        Program("evil");
        var link = Link("other/tool", "../evil");

        Assert.That(Requests.Denial(For(link) with { NamedPrograms = Names("tool") }, host: Path("bin"))?.Message, Does.Contain($"('{_folder}/evil')"));
    }

    [Test]
    public void Who_names_one_link_to_a_program_of_many_names_has_not_named_the_others()
    {
        var box = Program("box");
        Link("bin/true", "../box");
        var shell = Link("bin/sh", "../box");

        Assert.That(Requests.Denial(For("true"), host: Path("bin")), Is.Null);
        Assert.That(Requests.Denial(For(shell) with { NamedPrograms = Names("true") }, host: Path("bin")), Is.Not.Null);
        Assert.That(Requests.Denial(For(box) with { NamedPrograms = Names("true") }, host: Path("bin")), Is.Not.Null);
        Assert.That(Requests.Denial(For(shell) with { NamedPrograms = Names(box) }, host: Path("bin")), Is.Null);
    }

    [TestCase("/no/such/program", "Program '/no/such/program' does not exist. Correct the path in the plugin's settings, or install the program.")]
    [TestCase("no-such-program", "Program 'no-such-program' was not found on the host's PATH. Install it, or name it by its absolute path.")]
    [TestCase("bin/tool", "Program 'bin/tool' is a relative path. A program is a name on the PATH or an absolute path; correct it in the plugin's settings.")]
    [TestCase("", "Program '' is a relative path. A program is a name on the PATH or an absolute path; correct it in the plugin's settings.")]
    [TestCase("/tmp", "Program '/tmp' does not exist. Correct the path in the plugin's settings, or install the program.")]
    public void A_program_that_is_none_is_denied(string program, string message) =>
        Assert.That(Requests.Denial(For(program))?.Message, Is.EqualTo(message));

    [Test]
    public void A_file_that_cannot_be_executed_is_denied()
    {
        var file = Program("data");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.That(Requests.Denial(For(file))?.Message, Is.EqualTo(
            $"Program '{file}' is not executable. Give it the right to be executed, or name the program that runs it."));
    }

    [Test]
    public void Links_in_a_circle_end_as_a_program_that_does_not_exist()
    {
        var one = Link("one", "two");
        Link("two", "one");

        Assert.That(Requests.Denial(For(one))?.Message, Does.Contain("does not exist"));
    }

    private static CommandRequest For(string program) => Requests.For(new JobCommand { Program = program });

    private static HashSet<string> Names(params string[] names) => [.. names];

    private Dictionary<string, string> Path(params string[] folders) =>
        new() { ["PATH"] = string.Join(':', folders.Select(folder => System.IO.Path.Combine(_folder, folder))) };

    private string Program(string name)
    {
        var path = System.IO.Path.Combine(_folder, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private string Link(string name, string target)
    {
        var path = System.IO.Path.Combine(_folder, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, target);
        return path;
    }
}
