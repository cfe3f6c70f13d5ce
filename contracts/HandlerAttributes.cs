namespace DelphiRunner.Contracts;

/// <summary>Declares a job type that a handler serves. Read from the assembly's metadata, before any of its code runs.</summary>
/// <param name="jobType">The job type exactly as it is stored, for instance <c>FULL_PIPELINE</c>; not empty.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class HandlesJobTypeAttribute(string jobType) : Attribute
{
    /// <summary>Gets the job type exactly as it is stored.</summary>
    public string JobType { get; } = jobType;

    /// <summary>Gets or sets whether a started command of this type must not be started again. Default: false.</summary>
    /// <remarks>
    /// When true, a job whose command was ended by a stop of the host ends failed instead of being handed back. It does not protect
    /// against a crash of the host: after one, the handler is asked again and sees <see cref="Job.Attempt"/> above 1.
    /// </remarks>
    public bool RunsAtMostOnce { get; set; }
}

/// <summary>Declares a general handler, which serves the job types that <c>plugins.routes</c> in <c>runner.yaml</c> gives to its plugin.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class HandlesRoutedJobTypesAttribute : Attribute;

/// <summary>Declares a program that a handler plans when its settings name none, so that an operator can see and allow it.</summary>
/// <param name="program">The program's name or absolute path, for instance <c>python</c>; not empty.</param>
/// <remarks>A <c>security.programs</c> list in <c>runner.yaml</c> overrules these declarations.</remarks>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class RunsProgramAttribute(string program) : Attribute
{
    /// <summary>Gets the program's name or absolute path.</summary>
    public string Program { get; } = program;
}

/// <summary>Declares a folder in which a handler lets commands work when its settings name none, so that an operator can see and allow it.</summary>
/// <param name="folder">The absolute path, for instance <c>/app</c>; another one counts for nothing. Commands may work in it and below.</param>
/// <remarks>A <c>security.working_folders</c> list in <c>runner.yaml</c> overrules these declarations.</remarks>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class WorksInFolderAttribute(string folder) : Attribute
{
    /// <summary>Gets the folder's absolute path.</summary>
    public string Folder { get; } = folder;
}
